"""The SSE clients of npm that are built-in targets: what is fetched of each, at which version, with which hash.

The versions are the last that run on Node 20. Of what a package depends on, the newest that its range allows is pinned.
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
