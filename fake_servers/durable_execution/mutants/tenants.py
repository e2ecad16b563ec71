"""Mutants that let strangers in, or take one tenant for another."""

from __future__ import annotations

import json

from aiohttp import web

from ..access import TENANT, Access
from ..executions import PATH, Executions
from ..problem import Problem, no_execution
from ..records import Message, Run, Scope, Tenant
from ..store import Store
from .base import mutant


class AnybodysExecutions(Executions):
    """``open_to``: the routes that look for the run by its id alone."""

    open_to: tuple[str, ...] = ()

    def find_run(self, http: web.Request) -> Run:
        if http.path.rsplit("/", 1)[-1] in self.open_to or ("approvals" in self.open_to and "/approvals/" in http.path):
            try:
                return self.server.store.run(http.match_info["run"])
            except KeyError:
                raise no_execution() from None
        return super().find_run(http)


class AnybodysStream(AnybodysExecutions):
    open_to = ("stream",)


class AnybodysApprovals(AnybodysExecutions):
    open_to = ("approvals",)


class AnybodysStatus(Executions):
    async def status(self, http: web.Request) -> web.StreamResponse:
        try:
            run = self.server.store.run(http.match_info["run"])
        except KeyError:
            raise no_execution() from None
        http[TENANT] = Tenant(run.scope, run.agent_id)
        return await super().status(http)


class TenantOnlyStore(Store):
    """Projects are not told apart."""

    def find_run(self, scope: Scope, run_id: str) -> Run | None:
        row = self._one("SELECT 1 FROM runs WHERE id = ? AND tenant_id = ?", run_id, scope.tenant_id)
        return None if row is None else self.run(run_id)


class TalkativeExecutions(Executions):
    """Tells a stranger that there is something he may not have."""

    def find_run(self, http: web.Request) -> Run:
        try:
            return super().find_run(http)
        except Problem:
            try:
                run = self.server.store.run(http.match_info["run"])
            except KeyError:
                raise no_execution() from None
            raise Problem(403, f"The execution belongs to {run.scope.tenant_id}") from None


class EchoingExecutions(Executions):
    """An error tells what went wrong inside."""

    def find_run(self, http: web.Request) -> Run:
        run_id, scope = http.match_info["run"], http[TENANT].scope
        run = self.server.store.find_run(scope, run_id)
        if run is None:
            where = json.dumps({"id": run_id, **scope._asdict()})
            raise Problem(404, f'sqlite3.OperationalError: no row in runs for {where} (File "store.py", line 131, in find_run)')
        return run


# --- keys


class DoorOnlyAccess(Access):
    """The key is asked for at /executions, and not below."""

    def tenant_of(self, http: web.Request) -> Tenant:
        try:
            return super().tenant_of(http)
        except Problem:
            if http.path.startswith(f"{PATH}/"):
                return next(iter(self.tenant_by_key.values()))
            raise


class ConversationsOpenAccess(Access):
    """The routes of a conversation are forgotten."""

    def tenant_of(self, http: web.Request) -> Tenant:
        try:
            return super().tenant_of(http)
        except Problem:
            if http.path.startswith("/run/v1/conversations/"):
                return next(iter(self.tenant_by_key.values()))
            raise


class AnyKeyAccess(Access):
    """A key is needed, but any will do: the headers say whose it is."""

    def tenant_of(self, http: web.Request) -> Tenant:
        try:
            return super().tenant_of(http)
        except Problem:
            if not http.headers.get("Authorization", "").strip():
                raise
            wanted = Scope(http.headers.get("x-inkeep-tenant-id", ""), http.headers.get("x-inkeep-project-id", ""))
            return next(
                (tenant for tenant in self.tenant_by_key.values() if tenant.scope == wanted), next(iter(self.tenant_by_key.values()))
            )


class HeaderScopeAccess(Access):
    """The scope headers win over the key's own scope."""

    def tenant_of(self, http: web.Request) -> Tenant:
        tenant = super().tenant_of(http)
        wanted = Scope(http.headers.get("x-inkeep-tenant-id", ""), http.headers.get("x-inkeep-project-id", ""))
        return next((other for other in self.tenant_by_key.values() if other.scope == wanted), tenant)


# --- conversations


class SharedLookupStore(Store):
    """The newest run of a conversation is looked up by the id of the conversation alone."""

    def newest_run(self, scope: Scope, conversation_id: str) -> Run | None:
        row = self._one("SELECT id FROM runs WHERE conversation_id = ? ORDER BY number DESC LIMIT 1", conversation_id)
        return None if row is None else self.run(row[0])


class SharedHistoryStore(Store):
    """The messages of a conversation are looked up by the id of the conversation alone."""

    def messages(self, scope: Scope, conversation_id: str, end: int | None = None) -> list[Message]:
        rows = self._all(
            "SELECT message FROM messages WHERE conversation_id = ? AND (? IS NULL OR number <= ?) ORDER BY number",
            conversation_id,
            end,
            end,
        )
        return [json.loads(message) for (message,) in rows]


TENANTS = (
    mutant("anybodys-stream", "TEN-1", "GET stream does not look whose run it is", "M-C11", executions_type=AnybodysStream),
    mutant("anybodys-status", "TEN-1", "GET status does not look whose run it is", executions_type=AnybodysStatus),
    mutant("anybodys-approvals", "TEN-1", "an approval does not look whose run it is", executions_type=AnybodysApprovals),
    mutant("projects-alike", "TEN-1", "another project of the same tenant reads a run", store_type=TenantOnlyStore),
    mutant("foreign-is-forbidden", "TEN-1", "the run of another is answered 403, an unknown one 404", executions_type=TalkativeExecutions),
    mutant("echoed-internals", "TEN-1", "an error tells what went wrong inside", "M-C34", executions_type=EchoingExecutions),
    mutant("header-scope", "TEN-1", "the scope headers win over the key", access_type=HeaderScopeAccess),
    mutant("door-only", "TEN-2", "no key is needed below /executions", "M-C12", access_type=DoorOnlyAccess),
    mutant("open-conversations", "TEN-2", "no key is needed for the routes of a conversation", access_type=ConversationsOpenAccess),
    mutant("any-key", "TEN-2", "any key will do", access_type=AnyKeyAccess),
    mutant("shared-lookup", "TEN-3", "the newest run of a conversation may be that of another tenant", store_type=SharedLookupStore),
    mutant("shared-history", "TEN-3", "a model is shown the conversation of another tenant", store_type=SharedHistoryStore),
)
