"""The packages of npm that are built-in targets: what is fetched of each, at which version, with which hash.

First the SSE clients: the versions are the last that run on Node 20, and of what a package depends on, the newest that its range
allows is pinned. Then the storage of the Workflow DevKit, with all that it imports when it runs.
"""

from __future__ import annotations

from .npm import NpmPackage

# Two clients share it; one imports the ES module, the other requires the CommonJS one.
EVENTSOURCE_PARSER = NpmPackage(
    name="eventsource-parser",
    version="3.1.1",
    integrity="sha512-EKN1vKAMcZ8MlYMpaNuxN6R9yakzH6uajHcHVTqWJzvu5pWw9DyhbP35HH8MVBQ+dZjAfDxk+A8NiR9KWaXiyQ==",
    keep=("LICENSE", "package.json", "dist/index.js", "dist/index.cjs"),
)
# From 5.0.0 on it asks for Node 22.
EVENTSOURCE = NpmPackage(
    name="eventsource",
    version="4.1.1",
    integrity="sha512-D6bTRWh6KahHTK/m4WnjPQyEinNPf9eFLEZSEoj7d6fTibspnAVYfzHvirL7u/aoX5d9YYfIkBVAhmigUELk9w==",
    keep=("LICENSE", "package.json", "dist/index.js"),
    entry="dist/index.js",
    dependencies=(EVENTSOURCE_PARSER,),
)
EVENTSOURCE_CLIENT = NpmPackage(
    name="eventsource-client",
    version="1.2.0",
    integrity="sha512-kDI75RSzO3TwyG/K9w1ap8XwqSPcwi6jaMkNulfVeZmSeUM49U8kUzk1s+vKNt0tGrXgK47i+620Yasn1ccFiw==",
    keep=("LICENSE", "package.json", "dist/node.js", "dist/node.cjs.mjs"),
    entry="dist/node.cjs.mjs",
    dependencies=(EVENTSOURCE_PARSER,),
)
# Its ES modules name one another without an extension, which only bundlers resolve: Node runs the CommonJS ones.
FETCH_EVENT_SOURCE = NpmPackage(
    name="@microsoft/fetch-event-source",
    version="2.0.1",
    integrity="sha512-W6CLUJ2eBMw3Rec70qrsEW0jOm/3twwJv21mrmj2yORiaVmVYGS4sSS5yUwvQc1ZlDLYGPnClVWmUUMagKNsfA==",
    keep=("LICENSE", "package.json", "lib/cjs/index.js", "lib/cjs/fetch.js", "lib/cjs/parse.js"),
    entry="lib/cjs/index.js",
)
LAUNCHDARKLY_EVENTSOURCE = NpmPackage(
    name="launchdarkly-eventsource",
    version="2.2.0",
    integrity="sha512-u38fYlLSq/m6oFz0MS1/76Sj2xzlYhTKZ+sf/vju6PA86PMc6fPlY5k8CdU79edLXjNwsvIQTDvDNy3llDqB8A==",
    keep=("LICENSE", "package.json", "lib/eventsource.js", "lib/retry-delay.js", "lib/capacity.js"),
    entry="lib/eventsource.js",
)
EXTENDED_EVENTSOURCE = NpmPackage(
    name="extended-eventsource",
    version="2.1.0",
    integrity="sha512-0DX6gEWwfcDkglS7bdr6oH5jb6TR6BvsVvmOcsUzyl5ESqkze9XImyNZPLoZtaGi1kKGjH/+dNqd8O0SjD7KgQ==",
    keep=("LICENSE", "package.json", "dist/index.esm.js"),
    entry="dist/index.esm.js",
)

_LICENSED = ("LICENSE", "LICENSE.md", "license.md", "package.json")
_BUILT = (*_LICENSED, "dist/")
# Apache-2.0, as are the other packages of that scope; what they need beside each other is MIT. Its dependency @vercel/queue is
# imported by none of its files.
WORKFLOW_WORLD_LOCAL = NpmPackage(
    name="@workflow/world-local",
    version="4.4.1",
    integrity="sha512-g4h1uvlhFA9PXVILpcGXD2azH5MFne5kMNcapC3GBVXuFsHogKL0TV0MR2CooCaBm/UTs1A/fHoQ6erp6pAR3g==",
    keep=_BUILT,
    entry="dist/index.js",
    megabytes=4,
    dependencies=(
        NpmPackage(
            name="@workflow/world",
            version="4.5.0",
            integrity="sha512-ubKnoyxEL9s9GbnUZAeoLFEPQ/GnsFU91GMeUlOMs9q/HEEQQiFUpNhff0Jv0OrrVLFBMkM4L1Xf6qLSOvFcfw==",
            keep=_BUILT,
        ),
        NpmPackage(
            name="@workflow/errors",
            version="4.2.1",
            integrity="sha512-gIe3vf2POUw2DV4Mi6BGiYGQdUZ4YMcWhDahVT9xI1W1NSsqifX73Hvk/68x/haPnDOr7/VnWN8/YAgeEVYE4A==",
            keep=_BUILT,
        ),
        NpmPackage(
            name="@workflow/utils",
            version="4.1.4",
            integrity="sha512-2zGTa0vCJJczErE8oI7JPKpGmXNbhgnGW7JWcz3qTTs5TKibtaAxha5DLq3WTTbwsgvuuxcnvtWqQ5hFxhWATg==",
            keep=_BUILT,
        ),
        NpmPackage(
            name="async-sema",
            version="3.1.1",
            integrity="sha512-tLRNUXati5MFePdAk8dw7Qt7DpxPB60ofAgn8WRhW6a2rcimZnYBP9oxHiv0OHy+Wz7kPMG+t4LGdt31+4EmGg==",
            keep=(*_LICENSED, "lib/"),
        ),
        NpmPackage(
            name="ms",
            version="2.1.3",
            integrity="sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA==",
            keep=(*_LICENSED, "index.js"),
        ),
        NpmPackage(
            name="ulid",
            version="3.0.2",
            integrity="sha512-yu26mwteFYzBAot7KVMqFGCVpsF6g8wXfJzQUHvu1no3+rRRSFcSV2nKeYvNPLD2J4b08jYBDhHUjeH0ygIl9w==",
            keep=(*_LICENSED, "dist/node/"),
        ),
        NpmPackage(
            name="undici",
            version="7.28.0",
            integrity="sha512-cRZYrTDwWznlnRiPjggAGxZXanty6M8RV1ff8Wm4LWXBp7/IG8v5DnOm74DtUBp9OONpK75YlPnIjQqX0dBDtA==",
            keep=(*_LICENSED, "index.js", "lib/"),
        ),
        NpmPackage(
            name="zod",
            version="4.3.6",
            integrity="sha512-rftlrkhHZOcjDwkGlnUtZZkvaPHCsDATp4pGpuOOMDaTdDDXF91wuVDJoWoPsKX/3YPQ5fHuF3STjcYyKr+Qhg==",
            keep=(*_LICENSED, "index.js", "v4/"),
        ),
    ),
)
