"""Checkers: pure functions of a history. For each contract and role, the view they read and the table of its requirements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..values.history import History
from ..values.verdict import Judgement
from .agent_session import RUNNER_CHECKERS
from .agent_session.view import View as RunnerView
from .durable_execution import SERVER_CHECKERS as DURABLE_SERVER_CHECKERS
from .durable_execution.client import CLIENT_CHECKERS as DURABLE_CLIENT_CHECKERS
from .durable_execution.client.view import View as DurableClientView
from .durable_execution.view import View as DurableServerView
from .ingest import SENDER_CHECKERS
from .ingest.server import CHECKERS as SERVER_CHECKERS
from .ingest.server import Trial
from .ingest.view import View as IngestSenderView
from .pipe import PIPE_CHECKERS
from .pipe.view import View as PipeView
from .result_channel import AGENT_CHECKERS
from .result_channel.view import View as ResultChannelView
from .run_stream import RUN_STREAM_CHECKERS
from .run_stream.view import View as RunStreamView
from .sse import SSE_CHECKERS
from .sse.view import View as SseView

Checker = Callable[[Any], Judgement]
MakeView = Callable[[History], Any]


CHECKERS: Mapping[tuple[str, str], tuple[MakeView, Mapping[str, Checker]]] = {
    ("agent-session", "runner"): (RunnerView, RUNNER_CHECKERS),
    ("durable-execution", "client"): (DurableClientView, DURABLE_CLIENT_CHECKERS),
    ("durable-execution", "server"): (DurableServerView, DURABLE_SERVER_CHECKERS),
    ("ingest", "sender"): (IngestSenderView, SENDER_CHECKERS),
    ("ingest", "server"): (Trial, SERVER_CHECKERS),
    ("pipe", "sender+reader"): (PipeView, PIPE_CHECKERS),
    ("result-channel", "agent"): (ResultChannelView, AGENT_CHECKERS),
    ("run-stream", "reader"): (RunStreamView, RUN_STREAM_CHECKERS),
    ("sse", "reader"): (SseView, SSE_CHECKERS),
}
