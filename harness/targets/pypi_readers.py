"""Built-in targets from PyPI: SSE clients at pinned versions. Each is a driver in the folder ``pypi_sse``,
pins in `pypi_pins` and a row here."""

from __future__ import annotations

import sys

from .base import Target
from .cache import Say
from .declared import serves_from_json
from .imports import load_factory
from .in_process import InProcessTarget
from .names import Builtin, Options
from .pypi import PypiPackage, check_installed, install_package, load_here, versions_here
from .pypi_pins import AIOHTTP_SSE_CLIENT2, HTTPX_SSE, LAUNCHDARKLY_EVENTSOURCE, REQUESTS_SSE, SSECLIENT_PY
from .stdio.target import StdioTarget


def pypi_builtin(name: str, package: PypiPackage, driver: str, manner: str, *, in_process: bool = False) -> Builtin:
    """A reader of ``sse`` from PyPI. ``driver``: MODULE:FACTORY in the folder ``pypi_sse``. ``manner``: what is special, for lists."""
    spec = f"{__package__}.pypi_sse.{driver}"
    make_here_or_apart = _make_here if in_process else _make_apart

    def make(options: Options) -> Target:
        check_installed(name, package)
        return make_here_or_apart(name, package, spec)

    def install(say: Say) -> None:
        install_package(package, say)
        if in_process:
            load_here(package)
            say(f"runs in this process with {', '.join(versions_here(package))}")

    return Builtin(name, f"the PyPI package {package.wheel.spec}, {manner}", (("sse", "reader"),), make, install)


def _make_here(name: str, package: PypiPackage, spec: str) -> Target:
    load_here(package)
    factory = load_factory(spec)
    target = InProcessTarget(name, lambda contract, role: factory, serves=serves_from_json(factory.serves))
    target.version = f"{package.wheel.version} ({versions_here(package)[0]})"
    return target


def _make_apart(name: str, package: PypiPackage, spec: str) -> Target:
    paths = [word for path in package.paths for word in ("--path", str(path))]
    library = package.needs[0]
    hello = ("--name", package.wheel.name, "--version", f"{package.wheel.version} ({library.name} {library.version})")
    # -P: a folder of the user's that happens to be the current one is not searched for modules.
    return StdioTarget(name, (sys.executable, "-P", "-m", "streamproof.driver", spec, *hello, *paths))


PYPI_READERS = (
    pypi_builtin("httpx-sse", HTTPX_SSE, "httpx_sse:reader", "with httpx.AsyncClient; does not reconnect", in_process=True),
    pypi_builtin("aiohttp-sse-client2", AIOHTTP_SSE_CLIENT2, "aiohttp_sse_client2:reader", "which reconnects", in_process=True),
    pypi_builtin("requests-sse", REQUESTS_SSE, "requests_sse:reader", "which reconnects"),
    pypi_builtin("sseclient-py", SSECLIENT_PY, "sseclient_py:reader", "with requests; parses one answer and does not reconnect"),
    pypi_builtin(
        "launchdarkly-eventsource-py", LAUNCHDARKLY_EVENTSOURCE, "launchdarkly_eventsource:reader", "as it is: it does not reconnect"
    ),
    pypi_builtin(
        "launchdarkly-eventsource-py-reconnecting",
        LAUNCHDARKLY_EVENTSOURCE,
        "launchdarkly_eventsource:reconnecting_reader",
        "with an error strategy that reconnects",
    ),
)
