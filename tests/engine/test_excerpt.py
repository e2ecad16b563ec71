"""The lines that prove a finding: what convicts is in them, what every frame has is not."""

from __future__ import annotations

from streamproof.harness.engine.excerpt import entry_line
from streamproof.harness.values.history import Entry


def test_a_frame_shows_its_payload() -> None:
    """The fields that every envelope has are left out, so that the payload comes before the end of the line."""
    envelope = {
        "protocol_version": 1, "message_id": "m" * 40, "type": "task.output", "agent_id": "agent-1", "task_id": "t",
        "execution_attempt_id": "a", "sequence": 3, "sent_at": "2026-01-01T00:00:00Z",
        "payload": {"stream": "stdout", "data": "abc", "byte_count": 4},
    }  # fmt: skip
    line = entry_line(Entry(7, 1_500, "frame", {"socket": 1, "number": 2, "type": "task.output", "envelope": envelope}))
    assert line.startswith('* #7         1.500 ms  frame     socket=1 number=2 type="task.output" envelope={"message_id":')
    assert '"sequence":3,"payload":{"stream":"stdout","data":"abc","byte_count":4}}' in line
    assert "sent_at" not in line


def test_a_long_line_is_cut() -> None:
    """A body of many kilobytes is one line all the same."""
    line = entry_line(Entry(1, 0, "note", {"text": "x" * 10_000}), proof=False)
    assert line.startswith("  #1 ")
    assert len(line) < 300
    assert line.endswith("..")
