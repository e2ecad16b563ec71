"""TLS contexts that read the certificates of the machine only when a handshake needs them.

`ssl.create_default_context` takes some 20 ms, nearly all of it for these certificates, and httpx makes a context for
each client, also where only plain HTTP is spoken. Inside an example it returns a context of the same settings that
reads them at the first handshake.
"""

from __future__ import annotations

import ssl
import sys
from collections.abc import Callable
from typing import Any

from .patches import Substitute, substitute

_real_create = ssl.create_default_context


class LazyContext(ssl.SSLContext):
    """``load`` reads the certificates; it is called once."""

    load: Callable[[LazyContext], None] | None = None

    def wrap_bio(self, *args: Any, **named: Any) -> ssl.SSLObject:
        self._load_now()
        return super().wrap_bio(*args, **named)

    def wrap_socket(self, *args: Any, **named: Any) -> ssl.SSLSocket:
        self._load_now()
        return super().wrap_socket(*args, **named)

    def get_ca_certs(self, *args: Any, **named: Any) -> Any:
        self._load_now()
        return super().get_ca_certs(*args, **named)

    def cert_store_stats(self) -> dict[str, int]:
        self._load_now()
        return super().cert_store_stats()

    def _load_now(self) -> None:
        load, self.load = self.load, None
        if load is not None:
            load(self)


def _create_default_context(
    purpose: ssl.Purpose = ssl.Purpose.SERVER_AUTH, *, cafile: Any = None, capath: Any = None, cadata: Any = None
) -> ssl.SSLContext:
    if purpose is not ssl.Purpose.SERVER_AUTH:
        return _real_create(purpose, cafile=cafile, capath=capath, cadata=cadata)
    context = LazyContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    context.check_hostname = True
    if sys.version_info >= (3, 13):
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    if cafile or capath or cadata:
        context.load = lambda made: made.load_verify_locations(cafile, capath, cadata)
    else:
        context.load = lambda made: made.load_default_certs(purpose)
    return context


SUBSTITUTES: tuple[Substitute, ...] = (substitute(ssl, "create_default_context", _create_default_context),)
