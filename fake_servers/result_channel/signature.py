"""The signature that every request carries: RSA-PSS with SHA-256 over ``agent|timestamp|nonce``, verified for real."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from ...harness.values.errors import HarnessFault

AGENT, TIMESTAMP, NONCE, SIGNATURE = "X-Agent-ID", "X-Timestamp", "X-Nonce", "X-Signature"
SKEW_MS_MAX = 5_000
NONCE_BYTES = 16
_PADDING = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)  # whatever length the salt has
_HASH = hashes.SHA256()


@dataclass(frozen=True)
class Signed:
    """``skew_ms``: how far the timestamp is from the clock; None where there is no readable one. ``problems``: none when all is well."""

    agent: str | None
    timestamp: str | None
    nonce: str | None
    skew_ms: int | None
    valid: bool
    problems: tuple[str, ...]


class Verifier:
    """Knows one agent and its public key, and the nonces of its upgrades."""

    def __init__(self, public_key_pem: str, agent_id: str) -> None:
        key = load_pem_public_key(public_key_pem.encode())
        if not isinstance(key, rsa.RSAPublicKey):
            raise HarnessFault(f"the public key is a {type(key).__name__}; expected one of RSA")
        self._key = key
        self._agent_id = agent_id
        self._nonces: set[str] = set()

    def look_at(self, headers: Mapping[str, str], *, dial: bool) -> Signed:
        """``headers``: of the request, whatever the case of its names. ``dial``: it is an upgrade, whose nonce no other may have."""
        agent, timestamp, nonce, signature = (headers.get(name) for name in (AGENT, TIMESTAMP, NONCE, SIGNATURE))
        values = {AGENT: agent, TIMESTAMP: timestamp, NONCE: nonce, SIGNATURE: signature}
        problems = [f"{name} is missing" for name, value in values.items() if not value]
        if agent and agent != self._agent_id:
            problems.append(f"{AGENT} is {agent!r}, not {self._agent_id!r}")
        skew_ms = _skew_ms(timestamp)
        problems += _timestamp_problems(timestamp, skew_ms)
        problems += self._nonce_problems(nonce, dial)
        valid = self._verifies(f"{agent}|{timestamp}|{nonce}", signature or "")
        if signature and not valid:
            problems.append(f"{SIGNATURE} does not verify as RSA-PSS with SHA-256 of `agent|timestamp|nonce`")
        return Signed(agent, timestamp, nonce, skew_ms, valid, tuple(problems))

    def _nonce_problems(self, nonce: str | None, dial: bool) -> list[str]:
        if not nonce:
            return []
        problems = []
        decoded = _decoded(nonce)
        if decoded is None or len(decoded) != NONCE_BYTES:
            problems.append(f"{NONCE} is {nonce!r}, not base64 of {NONCE_BYTES} bytes")
        if dial:
            if nonce in self._nonces:
                problems.append(f"{NONCE} {nonce!r} was used by an earlier upgrade")
            self._nonces.add(nonce)
        return problems

    def _verifies(self, text: str, signature: str) -> bool:
        decoded = _decoded(signature)
        if decoded is None:
            return False
        try:
            self._key.verify(decoded, text.encode("utf-8", "surrogateescape"), _PADDING, _HASH)
        except InvalidSignature:
            return False
        return True


def _skew_ms(timestamp: str | None) -> int | None:
    if not timestamp or not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 15):
        return None
    now_ms = time.time() * 1_000
    begin_ms = int(timestamp) * 1_000
    return max(0, round(begin_ms - now_ms), int(now_ms) - begin_ms - 999)  # it stands for the whole of its second


def _timestamp_problems(timestamp: str | None, skew_ms: int | None) -> list[str]:
    if not timestamp:
        return []
    if skew_ms is None:
        return [f"{TIMESTAMP} is {timestamp!r}, not whole seconds since 1970"]
    return [f"{TIMESTAMP} is {skew_ms} ms from the clock"] if skew_ms > SKEW_MS_MAX else []


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
