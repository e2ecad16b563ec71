"""How an agent example is played: the control plane, the agent, the operations one by one, then healing, draining, and a last look.

The last look: when every task is over and nothing moves any more, the socket is dropped once, so that the next hello tells what the
agent still keeps. A crash that a fault asks for ends the pending call; the next operation finds a new life, with the same ``state_dir``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...fake_servers.result_channel.app import ControlPlane
from ...fake_servers.result_channel.keys import KeyPair
from ...harness.engine.cast import Cast
from ...harness.worlds.base import Scene, Site
from ..folders import new_folder
from .agent import Agent
from .agent_stage import AgentStage
from .draws import figures
from .ending import finish
from .keys import key_pair

CONTROL_PLANE = "control-plane"


async def play_agent(scene: Scene, cast: Cast) -> None:
    keys = key_pair()
    scene.secrets.add(keys.private_pem, "private-key")
    config = scene.case.config
    plane = ControlPlane(
        scene, public_key_pem=keys.public_pem, agent_id=config["agent_id"], hello_acks=config["hello_acks"], base=config["base"]
    )
    site = await scene.serve(plane.app(CONTROL_PLANE), server=CONTROL_PLANE, classify=plane.classify)
    with new_folder(scene, "state-dir") as folder:
        marks, state = folder / "markers", folder / "state"
        marks.mkdir()
        state.mkdir()
        stage = AgentStage(scene, plane, marks)
        agent = Agent(scene, cast.player("a1", "agent", _driver_config(scene, site, keys, state)), stage.look)
        stage.add_verbs(agent)
        scene.plan.on_crash = agent.crash_soon
        try:
            await agent.rise()
            await _perform(scene, agent, stage)
        finally:
            scene.plan.on_crash = lambda: None
            await agent.let_go()
            await cast.close()  # before the folder is gone


async def _perform(scene: Scene, agent: Agent, stage: AgentStage) -> None:
    for verb, args in scene.case.workload:
        await agent.settled()
        await stage.perform(verb, args)
    await agent.settled()
    await finish(scene, agent, stage, figures(scene.case.config["timing_ms"]))


def _driver_config(scene: Scene, site: Site, keys: KeyPair, state: Path) -> dict[str, Any]:
    config = scene.case.config
    return {
        "control_plane_url": site.url + config["base"],
        "agent_id": config["agent_id"],
        "private_key_pem": keys.private_pem,
        "state_dir": str(state),
        **{name: None if config[name] is None else dict(config[name]) for name in ("features", "limits", "timing_ms")},
    }
