"""Who the hostile client says it is: the tenants of an example, with their keys and scope headers."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from ...harness.worlds.base import Scene
from ..raw_http import Headers

Tenant = int | str
"""The number of a tenant; "none": without a key; "wrong": with a key that nobody has; "disagree": the key of the first tenant
with the scope headers of the second."""

WRONG_KEY = "not-a-key-of-this-server"
IDS = (("tenant-1", "project-1"), ("tenant-2", "project-2"), ("tenant-1", "project-2"))
"""The third shares its tenant with the first, and its project's name with the second: a scope is both together."""
AGENT_ID = "agent-1"
OPTIONS = ("tenant_id", "project_id", "agent_id", "api_key")


def fresh_suffix(scene: Scene) -> str:
    """Makes ids that a server which lives on has not seen; the same for the same seed in the simulation."""
    return f"{scene.random.getrandbits(32):08x}" if scene.world == "sim" else secrets.token_hex(4)


@dataclass(frozen=True)
class Tenants:
    """``rows``: as the config of the role names them."""

    rows: tuple[Mapping[str, str], ...]

    @classmethod
    def made(cls, count: int, suffix: str) -> Tenants:
        """Tenants of a server that is told of them."""
        return cls(
            tuple(
                {"tenant_id": tenant, "project_id": project, "agent_id": AGENT_ID, "api_key": f"key-{number}-{suffix}"}
                for number, (tenant, project) in enumerate(IDS[:count])
            )
        )

    @classmethod
    def named(cls, options: Mapping[str, str]) -> Tenants:
        """Tenants of a server that runs already: one by the plain options, and one by those that begin with ``other_``.

        With a key of one's own and no other, there is no second tenant.
        """
        first = {name: options.get(name, default) for name, default in zip(OPTIONS, (*IDS[0], AGENT_ID, "streamproof"), strict=True)}
        if "api_key" in options and "other_api_key" not in options:
            return cls((first,))
        defaults = (*IDS[1], AGENT_ID, "streamproof-other")
        return cls((first, {name: options.get(f"other_{name}", default) for name, default in zip(OPTIONS, defaults, strict=True)}))

    def keep_secret(self, scene: Scene) -> None:
        # The longest first: one key may be the beginning of another.
        for number, row in sorted(enumerate(self.rows), key=lambda numbered: -len(numbered[1]["api_key"])):
            scene.secrets.add(row["api_key"], f"api-key-{number}")

    def knows(self, tenant: Tenant) -> bool:
        """Whether anything can be asked as that tenant."""
        if tenant == "disagree":
            return len(self.rows) > 1
        return isinstance(tenant, str) or tenant < len(self.rows)

    def headers(self, tenant: Tenant) -> Headers:
        key, scope = {
            "none": (None, self.rows[0]),
            "wrong": (WRONG_KEY, self.rows[0]),
            "disagree": (self.rows[0]["api_key"], self.rows[-1] if len(self.rows) < 2 else self.rows[1]),
        }.get(str(tenant)) or (self.rows[int(tenant)]["api_key"], self.rows[int(tenant)])
        authorization = [] if key is None else [("Authorization", f"Bearer {key}")]
        return [*authorization, *((f"x-inkeep-{name.removesuffix('_id')}-id", scope[name]) for name in OPTIONS[:3])]
