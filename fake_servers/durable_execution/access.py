"""Who asks: the key alone says it. Scope headers change nothing."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from .problem import Problem
from .records import Tenant

TENANT = web.RequestKey("tenant", Tenant)
"""Where a request carries who asked."""


class Access:
    def __init__(self, tenant_by_key: Mapping[str, Tenant]) -> None:
        self.tenant_by_key = tenant_by_key

    def tenant_of(self, http: web.Request) -> Tenant:
        """Raises Problem: on every path, known or not."""
        scheme, _, key = http.headers.get("Authorization", "").partition(" ")
        tenant = self.tenant_by_key.get(key.strip()) if scheme.lower() == "bearer" else None
        if tenant is None:
            raise Problem(401, "A valid API key is needed")
        return tenant
