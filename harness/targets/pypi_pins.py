"""What is fetched from PyPI for the built-in targets: versions and hashes."""

from __future__ import annotations

from .pypi import PypiPackage, Wheel

# One wheel each, without compiled code: the hash is the same for every system.
_ANYIO = Wheel("anyio", "4.16.0", "c66ae634e0b8228396b801741beb3294326d4b6102f7bba4041c0dfb58c29026")
_CERTIFI = Wheel("certifi", "2026.10.18", "73191c47aaa79da394e8fee2dbc2ec827432cab56311122c9e47abf79e390f62")
_CHARSET_NORMALIZER = Wheel("charset-normalizer", "3.5.2", "b6b751274acb69d77b3323d6b7dbaa3c7fdfc1eb829b7eb61d262f32e1af9685")
_HTTPCORE = Wheel("httpcore", "1.0.9", "2d400746a40668fc9dec9810239072b40b4484b640a8c38fd654a024c7a1bf55")
_HTTPX = Wheel("httpx", "0.28.1", "d909fcccc110f8c7faf814ca82a9a4d816bc5a6dbfea25d6591d6985b8ba59ad")
_IDNA = Wheel("idna", "3.20", "ab7ae7122974553370f0bdb919e1a960b2cd1bc1ef0276416d896db81c14582c")
_REQUESTS = Wheel("requests", "2.34.2", "2a0d60c172f83ac6ab31e4554906c0f3b3588d37b5cb939b1c061f4907e278e0")
_TYPING_EXTENSIONS = Wheel("typing_extensions", "4.16.0", "481caa481374e813c1b176ada14e97f1f67a4539ce9cfeb3f350d78d6370c2e8")
_URLLIB3 = Wheel("urllib3", "2.8.0", "0cf3cae568d36aa9576b28dfb35f11328f1cb974ca7647d9475ebb86c75ac6e3")

HTTPX_SSE = PypiPackage(
    Wheel("httpx-sse", "0.4.3", "0ac1c9fe3c0afad2e0ebb25a934a59f4c7823b60792691f779fad2c5568830fc"),
    module="httpx_sse",
    needs=(_HTTPX, _HTTPCORE, _ANYIO, _CERTIFI, _TYPING_EXTENSIONS),
    uses=("h11", "idna"),
)
AIOHTTP_SSE_CLIENT2 = PypiPackage(
    Wheel("aiohttp-sse-client2", "0.3.0", "1921bfe488667bf70651a38f54363fdd0c5f0d7021010e632bf80754c6850b25"),
    module="aiohttp_sse_client2",
    uses=("aiohttp", "attrs", "multidict", "yarl"),
)
REQUESTS_SSE = PypiPackage(
    Wheel("requests-sse", "0.5.3", "dc3e053e22fdcf002ca1fbd1794967d42b82b24539f5b7fe0e807301dd4ef4ec"),
    module="requests_sse",
    needs=(_REQUESTS, _URLLIB3, _CHARSET_NORMALIZER, _IDNA, _CERTIFI),
)
SSECLIENT_PY = PypiPackage(
    Wheel("sseclient-py", "1.9.0", "340062b1587fc2880892811e2ab5b176d98ef3eee98b3672ff3a3ba1e8ed0f6f"),
    module="sseclient",
    needs=(_REQUESTS, _URLLIB3, _CHARSET_NORMALIZER, _IDNA, _CERTIFI),
)
LAUNCHDARKLY_EVENTSOURCE = PypiPackage(
    Wheel("launchdarkly-eventsource", "1.7.4", "42bbaee1741675199be193d99229ecb710a94089e74fc68b8c4edb90cddbdc5e"),
    module="ld_eventsource",
    needs=(_URLLIB3,),
)
