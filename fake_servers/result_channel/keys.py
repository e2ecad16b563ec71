"""Key pairs of agents: RSA, the private key as PKCS#8."""

from __future__ import annotations

from typing import NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

KEY_BITS = 2_048
PUBLIC_EXPONENT = 65_537


class KeyPair(NamedTuple):
    """Both as PEM."""

    private_pem: str
    public_pem: str


def new_key_pair() -> KeyPair:
    """Takes longer than many an example: keep it."""
    return _pair(rsa.generate_private_key(PUBLIC_EXPONENT, KEY_BITS))


def pair_of(private_pem: str) -> KeyPair:
    """Raises ValueError for what is no private key of RSA."""
    key = serialization.load_pem_private_key(private_pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"a private key of RSA is needed, not {type(key).__name__}")
    return _pair(key)


def _pair(key: rsa.RSAPrivateKey) -> KeyPair:
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return KeyPair(private.decode(), public.decode())
