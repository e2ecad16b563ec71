"""The key pair of the agent: one for all examples of this process, since making one takes longer than many examples."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

KEY_BITS = 2_048
PUBLIC_EXPONENT = 65_537


class KeyPair(NamedTuple):
    private_pem: str
    public_pem: str


@cache
def key_pair() -> KeyPair:
    """It is not in a history: the private key shows as its tag, and signatures as valid or not."""
    key = rsa.generate_private_key(PUBLIC_EXPONENT, KEY_BITS)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return KeyPair(private.decode(), public.decode())
