"""The control plane by hand: the key it makes, the tasks it gives away, and what it says about wrong options."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from streamproof.fake_servers import SERVERS
from streamproof.fake_servers.result_channel.keys import pair_of
from streamproof.harness.values.errors import UsageError

from .result_channel_agent import AGENT_ID, Agent, final

Runner = Callable[..., Any]


async def start(r: Any, **options: str) -> tuple[Any, str]:
    service = SERVERS["result-channel"](r.scene, options)
    url = (await r.scene.serve(service.app, server=service.server, classify=service.classify)).url
    service.started(url)
    return service, url


def look_at(path: Path) -> tuple[int, str]:
    """(who may do what with it, its text)."""
    return stat.S_IMODE(path.stat().st_mode), path.read_text()


def test_a_few_tasks_by_hand(reading: Runner) -> None:
    """They come one by one; the key is one of RSA that only its owner may read; what was seen is told at the end."""

    async def play(r: Any) -> None:
        service, url = await start(r, tasks="2", every_ms="1000")
        mode, key = look_at(Path(service.hints["private_key_file"]))
        assert mode == 0o600
        assert pair_of(key).private_pem == key
        assert service.hints["agent_id"] == AGENT_ID
        agent = await Agent.welcome(r, url)
        await r.until(lambda: len(agent.deliveries()) == 2)
        assert agent.of_type("task.deliver")[0] == {"command": "echo hello", "priority": 0}
        await agent.say(final("f", task="task-1", attempt="attempt-1"))
        await r.until(lambda: agent.acked == ["f"])
        assert service.summary() == [
            "task 'task-1', attempt 'attempt-1': 0 outputs, final",
            "task 'task-2', attempt 'attempt-2': 0 outputs, not started",
        ]

    reading(play)


def test_a_key_file_of_ones_own(reading: Runner, tmp_path: Path) -> None:
    """It is made once, and read from then on."""

    async def play(r: Any) -> None:
        path = tmp_path / "key.pem"
        await start(r, private_key_file=str(path))
        made = look_at(path)
        await start(r, private_key_file=str(path))
        assert look_at(path) == made

    reading(play)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"via": "post"}, "serve result-channel: unknown via 'post'; it knows socket, poll"),
        ({"tasks": "many"}, "serve result-channel: tasks='many': expected a whole number"),
        ({"private_key_file": "/dev/null/key"}, "serve result-channel: private_key_file='/dev/null/key': "),
        ({"key": "x"}, "serve result-channel: unknown option 'key'; it knows agent_id,"),
    ],
)
def test_wrong_options(reading: Runner, options: dict[str, str], complaint: str) -> None:
    """Each is told with what would be right."""

    async def play(r: Any) -> None:
        with pytest.raises(UsageError) as raised:
            SERVERS["result-channel"](r.scene, options)
        assert complaint in str(raised.value)

    reading(play)
