"""What a target declares that it serves, as a driver says it in ``hello`` and a factory in its attribute ``serves``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from tempfile import TemporaryDirectory
from typing import Any

from ..contracts import CONTRACTS
from ..values.requirement import Role
from .base import Serves

TIMING_AND_LIMITS = ("timing", "limits")
CONFIG_KEY_BY_CAPABILITY = {"timing": "timing_ms", "limits": "limits"}


def serves_from_json(rows: Any) -> tuple[Serves, ...]:
    """Reads ``[{"contract", "role", "capabilities": [..]}]``. Raises ValueError that says which row is wrong and how."""
    if not isinstance(rows, (list, tuple)):
        raise ValueError(f"`serves` must be a list of objects, got {rows!r}")
    return tuple(_row(number, row) for number, row in enumerate(rows, 1))


def _row(number: int, row: Any) -> Serves:
    if isinstance(row, Serves):
        return row
    if not isinstance(row, Mapping) or not isinstance(row.get("contract"), str) or not isinstance(row.get("role"), str):
        raise ValueError(f'row {number} of `serves` must be {{"contract": .., "role": .., "capabilities": [..]}}, got {row!r}')
    capabilities = row.get("capabilities") or []
    if not isinstance(capabilities, (list, tuple)) or not all(isinstance(name, str) for name in capabilities):
        raise ValueError(f"row {number} of `serves`: `capabilities` must be a list of strings, got {capabilities!r}")
    return Serves(row["contract"], row["role"], tuple(capabilities))


def serves_to_json(serves: Iterable[Serves]) -> list[dict[str, Any]]:
    return [{"contract": row.contract, "role": row.role, "capabilities": list(row.capabilities)} for row in serves]


def everything(capabilities: tuple[str, ...] | None = None) -> tuple[Serves, ...]:
    """Every role of every contract, with these capabilities, or (None) with all that the role knows."""
    return tuple(
        Serves(contract.name, role.name, role.capabilities if capabilities is None else capabilities)
        for contract in CONTRACTS.values()
        for role in contract.roles.values()
        if role.contract == contract.name
    )


def sendable_config(config: Mapping[str, Any], capabilities: Iterable[str]) -> dict[str, Any]:
    """The config without the figures that are only sent to a target which declares that it obeys them."""
    declared = set(capabilities)
    withheld = {key for capability, key in CONFIG_KEY_BY_CAPABILITY.items() if capability not in declared}
    return {key: value for key, value in config.items() if key not in withheld}


@contextmanager
def example_config(role: Role, url: str) -> Iterator[dict[str, Any]]:
    """The example of a role, for servers at ``url``, with an empty folder of its own for as long as it is used."""
    with TemporaryDirectory(prefix="streamproof-") as folder:
        words = {"{url}": url, "{folder}": folder}
        if "{private_key}" in role.example.values():
            words["{private_key}"] = private_key_pem()
        yield _filled(role.example, words)


@cache
def private_key_pem() -> str:
    """An RSA key of 2048 bits as PKCS#8 PEM, made for this process; no secret that anything depends on."""
    # Imported here, since drivers import this module, too, and most have no use for it.
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for placeholder, word in words.items():
            value = value.replace(placeholder, word)
        return value
    if isinstance(value, Mapping):
        return {key: _filled(item, words) for key, item in value.items()}
    return [_filled(item, words) for item in value] if isinstance(value, (list, tuple)) else value
