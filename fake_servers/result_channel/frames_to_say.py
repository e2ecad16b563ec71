"""What a play may have said that belongs to no course of things: frames that an agent must close on, and such as do no harm.

The illegal ones are, but for one thing, the delivery of a task of their own: an agent that does not refuse one shows it by what it does.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from .hello import OTHER_HELLO
from .wording import Said, Wording, error_payload, gap_payload

Envelope = dict[str, Any]
NOBODY = "msg-that-nobody-sent"
_SCRIPT = base64.b64encode(json.dumps({"v": 1, "marker": None, "steps": [], "exit": 0}).encode()).decode()
COMMAND = f"streamproof-emit {_SCRIPT}"


def _without(name: str) -> Callable[[Envelope], Envelope]:
    return lambda envelope: {key: value for key, value in envelope.items() if key != name}


def _with(**fields: Any) -> Callable[[Envelope], Envelope]:
    return lambda envelope: {**envelope, **fields}


_SPOILT: dict[str, Callable[[Envelope], Envelope]] = {
    "version": _with(protocol_version=2),
    "no-payload": _without("payload"),
    "null-payload": _with(payload=None),
    "list-payload": _with(payload=[]),
    "wrong-agent": lambda envelope: {**envelope, "agent_id": f"{envelope['agent_id']}-other"},
    "no-id": _with(message_id=""),
    "no-type": _without("type"),
    "no-sent-at": _without("sent_at"),
    "unknown-type": _with(type="task.cancel"),
    "legal-type": _with(type="task.lease_heartbeat", payload={}),
    "no-task": _without("task_id"),
    "no-attempt": _without("execution_attempt_id"),
    "delivery-disabled": _with(),
}
_RAW: dict[str, Callable[[str], str | bytes]] = {
    "bad-json": lambda text: text[:-1],
    "array": lambda text: f"[{text}]",
    "binary": lambda text: text.encode(),
}
ILLEGAL = (*_RAW, *_SPOILT)
"""What an agent closes the connection on; ``delivery-disabled`` only one whose delivery is switched off."""
HARMLESS = ("ack-unknown", "ack-again", "hello-ack-again", "hello-ack-other", "error-unrelated", "gap-unrelated")


def illegal(what: str, wording: Wording, number: int) -> Said:
    """``number``: how many illegal frames there were, this one included; its task and attempt are ``illegal-<number>``."""
    name = f"illegal-{number}"
    envelope = wording.deliver(name, name, COMMAND, 0)
    if what in _RAW:
        text = json.dumps(envelope)
        return Said(None, None, "illegal", raw=_RAW[what](text))
    spoilt = _SPOILT[what](envelope)
    return Said(spoilt.get("type"), spoilt, "illegal")


def ack_unknown(wording: Wording) -> Said:
    envelope = wording.envelope("ack", {"acked_message_id": NOBODY, "acked_type": "task.output"})
    return Said("ack", envelope, "stray")


def hello_ack_other(wording: Wording) -> Said:
    directives = {"acknowledged_final_message_ids": None, "discarded_attempts": None, "output_replay": None}
    payload = {"acked_message_id": OTHER_HELLO, "acked_type": "agent.hello", **directives, "delivery_enabled": True}
    return Said("agent.hello_ack", wording.envelope("agent.hello_ack", payload), "harmless")


def error_unrelated(wording: Wording) -> Said:
    payload = error_payload("internal", "something of no concern to you", retryable=True)
    return Said("error", wording.envelope("error", payload), "harmless")


def gap_unrelated(wording: Wording) -> Said:
    return Said("error", wording.envelope("error", gap_payload(NOBODY, 0)), "harmless")
