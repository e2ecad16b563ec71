"""The server scenarios in the worlds: the reference is clean, every mutant is caught by its requirement, any URL can be judged."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from aiohttp import web

from streamproof.fake_servers import SERVERS
from streamproof.fake_servers.host import PlainHost
from streamproof.fake_servers.ingest.mutants import SERVER_MUTANTS
from streamproof.fake_servers.ingest.reference import SERVES, reference_server
from streamproof.harness.contracts import CONTRACTS
from streamproof.harness.engine.draw import draw_cases
from streamproof.harness.engine.example import Example, run_example
from streamproof.harness.engine.scenario import Scenario, Setting
from streamproof.harness.targets.base import Target
from streamproof.harness.targets.declared import serves_from_json
from streamproof.harness.targets.in_process import InProcessTarget
from streamproof.harness.targets.mutants.base import Mutant
from streamproof.harness.targets.url import UrlTarget
from streamproof.harness.worlds.table import make_world
from streamproof.scenarios.ingest.server import SERVER_SCENARIOS

ALL = {f"ING-SRV-{number}" for number in range(1, 12)}
NOT_HEADER = ALL - {"ING-SRV-11"}


def in_process(factory: Any) -> Target:
    return InProcessTarget("under test", lambda contract, role: factory, serves=serves_from_json(SERVES))


def examples(
    target: Target, world: str, count: int, scenarios: tuple[Scenario, ...] = SERVER_SCENARIOS, seed: int = 1
) -> Iterator[Example]:
    """``count`` examples of each scenario and profile, played one after the other."""
    made = make_world(world)
    try:
        for scenario in scenarios:
            for profile in scenario.profiles:
                for case in draw_cases(scenario, Setting(profile, world, ("header_completion",), {}), seed, count):
                    yield run_example(CONTRACTS["ingest"], scenario, case, target, made)
    finally:
        made.close()


@pytest.mark.parametrize(("world", "count"), [("sim", 8), ("loopback", 3)])
def test_the_reference_is_clean_and_everything_is_judged(world: str, count: int) -> None:
    """No finding, no trouble of ours, and each requirement put to the test a few times even by a small session."""
    judged: Counter[str] = Counter()
    for example in examples(in_process(reference_server), world, count):
        assert example.trouble is None
        assert example.findings == [], example.case
        judged.update(name for name in ALL if example.counts_as_judged(name))
    assert set(judged) == ALL
    assert min(judged.values()) >= count - 1  # the older protocol has one scenario and one profile


@pytest.mark.parametrize("mutant", SERVER_MUTANTS, ids=lambda mutant: mutant.name)
def test_each_mutant_is_caught_by_its_requirement(mutant: Mutant) -> None:
    """Within the scenarios that judge the requirement, by a finding of that requirement."""
    scenarios = tuple(scenario for scenario in SERVER_SCENARIOS if set(mutant.requirements) & set(scenario.judges))
    target = in_process(mutant.factory)
    seeds = range(12)
    assert any(
        example.fails(name) for seed in seeds for example in examples(target, "sim", 10, scenarios, seed) for name in mutant.requirements
    )


def test_every_requirement_has_a_mutant() -> None:
    """Each requirement of the role is broken by at least one; names are unique and kebab-case."""
    assert {name for mutant in SERVER_MUTANTS for name in mutant.requirements} == ALL
    names = [mutant.name for mutant in SERVER_MUTANTS]
    assert len(set(names)) == len(names)
    assert all(name.startswith("ingest-server-") and name == name.lower() and " " not in name for name in names)


def test_the_same_seed_gives_the_same_history() -> None:
    """In the simulation an example of a server is the same to the byte when it is played again."""
    first, second = ([example.history.digest() for example in examples(in_process(reference_server), "sim", 3)] for _ in range(2))
    assert first == second


def test_no_token_is_in_a_history() -> None:
    """What was sent is written down as whose token it was, and whatever a server repeats of it shows as a tag."""
    answered = tuple(scenario for scenario in SERVER_SCENARIOS if scenario.name == "server-sequence")
    for factory in (reference_server, _repeating):
        for example in examples(in_process(factory), "sim", 2, answered):
            text = example.history.to_ndjson()
            assert "token-0-" not in text
            assert "token-1-" not in text
            assert ("<run-token>" in text) is (factory is _repeating)


def _repeating(config: dict[str, Any], note: Any) -> object:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"error": request.headers.get("Authorization")}, status=400)

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", answer)
    return type("Repeating", (), {"app": app})()


@pytest.fixture
def running_service() -> Iterator[tuple[str, Mapping[str, str]]]:
    """The URL and hints of `serve ingest`, running in a thread of its own like a server somewhere else."""
    loop = asyncio.new_event_loop()
    service = SERVERS["ingest"](PlainHost(), {})
    runner = web.AppRunner(service.app)

    async def start() -> int:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return int(runner.addresses[0][1])

    port = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield f"http://127.0.0.1:{port}", service.hints
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_a_server_named_by_its_url_is_judged(running_service: tuple[str, Mapping[str, str]]) -> None:
    """With the token of `serve ingest` and another one by option; twice, since the server remembers its runs."""
    url, hints = running_service
    target = UrlTarget(url)
    target.options = {"token": hints["token"], "other_token": hints["other_token"]}
    scenarios = tuple(scenario for scenario in SERVER_SCENARIOS if scenario.profiles != ("header",))
    for _ in range(2):
        judged: set[str] = set()
        for example in examples(target, "loopback", 1, scenarios):
            assert example.trouble is None
            assert example.findings == []
            judged |= {name for name in ALL if example.counts_as_judged(name)}
        assert judged == NOT_HEADER


def test_without_another_token_nothing_is_sent_with_one(running_service: tuple[str, Mapping[str, str]]) -> None:
    """The default token opens every run, so a 403 cannot be asked for: no finding, the rest is judged."""
    url, _ = running_service
    for example in examples(UrlTarget(url), "loopback", 3, tuple(s for s in SERVER_SCENARIOS if s.name == "server-access")):
        assert example.findings == []
        assert not any(entry.data["token"] == "other" for entry in example.history.of_kind("sent"))


def _no_server(config: dict[str, Any], note: Any) -> object:
    return object()


def test_an_object_without_app_or_url_is_a_problem_of_the_target() -> None:
    """Named as such, and nothing counts as judged."""
    for example in examples(in_process(_no_server), "sim", 1):
        assert example.driver_fault
        assert not any(example.counts_as_judged(name) for name in ALL)


def _constant(status: int, body: dict[str, Any]) -> Any:
    def factory(config: dict[str, Any], note: Any) -> object:
        async def answer(request: web.Request) -> web.Response:
            await request.read()
            return web.json_response(body, status=status)

        app = web.Application(client_max_size=10_000_000)
        app.router.add_route("*", "/{rest:.*}", answer)
        return type("Constant", (), {"app": app})()

    return factory


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {"error": "no"}),
        (401, {"error": "no"}),
        (500, {"error": "no"}),
        (200, {}),
        (200, {"accepted": 0, "duplicate": 0, "last_accepted_seq": 0}),
        (200, {"accepted": 1, "duplicate": 0, "last_accepted_seq": 1}),
        (409, {"error": "no", "last_accepted_seq": 0}),
    ],
)
def test_a_server_that_always_says_the_same_passes_nothing(status: int, body: dict[str, Any]) -> None:
    """Whatever it says: each requirement is either failed somewhere or never judged."""
    passed: set[str] = set()
    failed: set[str] = set()
    for example in examples(in_process(_constant(status, body)), "sim", 4):
        assert example.trouble is None
        passed |= {name for name in ALL if example.counts_as_judged(name) and not example.fails(name)}
        failed |= {name for name in ALL if example.fails(name)}
    assert passed <= failed


def test_a_server_that_is_not_there_is_a_problem_of_the_target() -> None:
    """Nobody listens: said in one sentence, and no verdict."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        target = UrlTarget(f"http://127.0.0.1:{unused.getsockname()[1]}")
        for example in examples(target, "loopback", 1, SERVER_SCENARIOS[:1]):
            assert example.driver_fault
            assert example.trouble is not None
            assert "no server answers at 127.0.0.1" in example.trouble


def _dying(config: dict[str, Any], note: Any) -> object:
    """Answers the first two requests, then closes every connection without a word."""
    seen: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.path)
        if len(seen) > 2:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"accepted": 0, "duplicate": 0, "last_accepted_seq": 0})

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", answer)
    return type("Dying", (), {"app": app})()


def test_a_server_that_stops_answering_is_found_out() -> None:
    """It was there before: what it owes is a finding, not a set-up that failed."""
    found = [finding for example in examples(in_process(_dying), "sim", 2, SERVER_SCENARIOS[:1]) for finding in example.findings]
    assert found


def test_a_shrunk_example_still_means_what_it_says() -> None:
    """The reducer may lower numbers and halve texts: the model follows, so the reference stays clean on whatever comes out."""
    workload = (
        ("request", {"pieces": [["event", 0], ["event", 1]]}),
        ("request", {"pieces": [["bad", " "], ["blank", ""], ["event", 1]]}),
        ("request", {"pieces": [["complete", -1]]}),
        ("request", {"pieces": [["sized", 2, 0], ["events", 0, 2]]}),
        ("request", {"pieces": [["last-event", 0]]}),
        ("request", {"pieces": [["partial", " "]], "header": ["tr", None]}),
        ("more", {"upload": "never opened", "pieces": []}),
        ("end", {"upload": "never opened"}),
    )
    (scenario, *_) = SERVER_SCENARIOS
    (case,) = draw_cases(scenario, Setting("proxy", "sim", (), {}), 1, 1)
    made = make_world("sim")
    example = run_example(CONTRACTS["ingest"], scenario, case.with_changes(workload=workload), in_process(reference_server), made)
    assert example.trouble is None
    assert example.findings == []
