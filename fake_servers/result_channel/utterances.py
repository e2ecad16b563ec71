"""Finds what a play wants said, on the socket that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...harness.values.errors import UsageError
from .frames_to_say import HARMLESS, ILLEGAL, ack_unknown, error_unrelated, gap_unrelated, hello_ack_other, illegal
from .wording import Said

if TYPE_CHECKING:
    from .app import ControlPlane
    from .socket import Socket

_UNRELATED = {
    "ack-unknown": ack_unknown,
    "hello-ack-other": hello_ack_other,
    "error-unrelated": error_unrelated,
    "gap-unrelated": gap_unrelated,
}


def utterance(plane: ControlPlane, socket: Socket, what: str) -> Said | None:
    """None when there is nothing yet to be said again. Raises UsageError for what nobody knows."""
    if what in ILLEGAL:
        return illegal(what, plane.wording, plane.next_illegal())
    if what in _UNRELATED:
        return _UNRELATED[what](plane.wording)
    if what == "ack-again":
        return None if plane.last_ack is None else Said("ack", plane.wording.envelope("ack", plane.last_ack.payload), "ack-again")
    if what == "hello-ack-again":
        return None if socket.hello_ack is None else Said("agent.hello_ack", socket.hello_ack, "harmless")
    raise UsageError(f"say: unknown {what!r}; known: {', '.join((*ILLEGAL, *HARMLESS))}")
