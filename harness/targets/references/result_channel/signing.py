"""The four headers that sign a request, fresh for each."""

from __future__ import annotations

import base64
import os
import time
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

NONCE_BYTES = 16


class Signer:
    def __init__(self, agent_id: str, private_key_pem: str) -> None:
        self.agent_id = agent_id
        self.private_key_pem = private_key_pem

    def headers(self) -> dict[str, str]:
        timestamp, nonce = self.timestamp(), self.nonce()
        return {
            "X-Agent-ID": self.agent_id,
            "X-Timestamp": timestamp,
            "X-Nonce": nonce,
            "X-Signature": self.signature(self.signed_text(timestamp, nonce)),
        }

    def timestamp(self) -> str:
        return str(int(time.time()))

    def nonce(self) -> str:
        return base64.b64encode(os.urandom(NONCE_BYTES)).decode()

    def signed_text(self, timestamp: str, nonce: str) -> str:
        return f"{self.agent_id}|{timestamp}|{nonce}"

    def signature(self, text: str) -> str:
        return base64.b64encode(signed(self.private_key_pem, text.encode())).decode()


def signed(private_key_pem: str, data: bytes) -> bytes:
    """RSA-PSS over SHA-256, with the longest salt that fits."""
    from cryptography.hazmat.primitives import hashes  # slow to load, and only an agent signs
    from cryptography.hazmat.primitives.asymmetric import padding

    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    return private_key(private_key_pem).sign(data, scheme, hashes.SHA256())


@lru_cache(maxsize=8)
def private_key(pem: str) -> RSAPrivateKey:
    """Parsed once, which takes as long as many signatures. Raises ValueError for what is no RSA key."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError(f"the private key must be an RSA key, got {type(key).__name__}")
    return key
