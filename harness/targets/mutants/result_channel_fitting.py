"""The reference agent with some of its parts exchanged."""

from __future__ import annotations

from ..references.result_channel.agent import Life, ReferenceAgent
from ..references.result_channel.attempts import Attempts
from ..references.result_channel.backoff import Backoff, Refusals
from ..references.result_channel.capture import Capture
from ..references.result_channel.dialer import Dialer
from ..references.result_channel.execution import Execution, Publisher
from ..references.result_channel.hello import Hello
from ..references.result_channel.outbox import Outbox
from ..references.result_channel.poller import Poller
from ..references.result_channel.pump import Pump
from ..references.result_channel.repairs import Repairs
from ..references.result_channel.replay import Replay
from ..references.result_channel.reporter import Reporter
from ..references.result_channel.runner import Runner
from ..references.result_channel.session import Session
from ..references.result_channel.signing import Signer


def agent_with(
    *,
    signer: type[Signer] = Signer,
    outbox: type[Outbox] = Outbox,
    attempts: type[Attempts] = Attempts,
    life: type[Life] = Life,
    reporter: type[Reporter] = Reporter,
    poller: type[Poller] = Poller,
    runner: type[Runner] = Runner,
    dialer: type[Dialer] = Dialer,
) -> type[ReferenceAgent]:
    class Fitted(ReferenceAgent):
        signer_type = signer
        outbox_type = outbox
        attempts_type = attempts
        life_type = life
        reporter_type = reporter
        poller_type = poller
        runner_type = runner
        dialer_type = dialer

    return Fitted


def session_with(
    session: type[Session] = Session,
    *,
    pump: type[Pump] = Pump,
    hello: type[Hello] = Hello,
    replay: type[Replay] = Replay,
    repairs: type[Repairs] = Repairs,
    backoff: type[Backoff] = Backoff,
    refusals: type[Refusals] = Refusals,
) -> type[ReferenceAgent]:
    class FittedSession(session):  # type: ignore[valid-type, misc]  # the class is a parameter
        pump_type = pump
        hello_type = hello
        replay_type = replay
        repairs_type = repairs

    class FittedDialer(Dialer):
        session_type = FittedSession
        backoff_type = backoff
        refusals_type = refusals

    return agent_with(dialer=FittedDialer)


def execution_with(
    execution: type[Execution] = Execution, *, capture: type[Capture] = Capture, publisher: type[Publisher] = Publisher
) -> type[ReferenceAgent]:
    class FittedExecution(execution):  # type: ignore[valid-type, misc]  # as above
        capture_type = capture
        publisher_type = publisher

    class FittedRunner(Runner):
        execution_type = FittedExecution

    return agent_with(runner=FittedRunner)
