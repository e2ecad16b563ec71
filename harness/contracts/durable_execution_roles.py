"""The roles of the contract ``durable-execution`` and what they may declare."""

from __future__ import annotations

from ..values.requirement import Role, Verb

TOOLS, EFFECTS, TIMING, CLASSIC, VERCEL = "tools", "effects", "timing", "classic", "vercel"
"""Capabilities of a server. ``tools``: it runs the tools of the config, some behind an approval. ``effects``: by way of
``tool_url``. ``timing``: it obeys ``timing_ms``. ``classic``: it has /run/v1/chat/completions, whose default is a chat that is not
durable. ``vercel``: it has /run/api/chat and the routes of a conversation."""

FAIL_READS, FAIL_WRITES = "fail_reads", "fail_writes"
"""It obeys the config keys of these names, by which its own store fails (see docs/contracts/durable-execution.md)."""

KNOWN_RUN, CRASH = "known_run", "crash"
"""What every server has that is opened by Streamproof: its model is ours, so that a run can be known in advance; and it can be killed."""

WITHOUT = {KNOWN_RUN: "needs a known run", CRASH: "needs a server that Streamproof starts, and can kill"}
"""Why a requirement is not judged where one of them is missing."""

SERVER = Role(
    name="server",
    contract="durable-execution",
    verbs={},
    notes=("log",),
    capabilities=(TOOLS, EFFECTS, TIMING, CLASSIC, VERCEL, FAIL_READS, FAIL_WRITES),
    implied=(KNOWN_RUN, CRASH),
    example={
        "tenants": [
            {"tenant_id": "tenant-1", "project_id": "project-1", "agent_id": "agent-1", "api_key": "key-1"},
            {"tenant_id": "tenant-2", "project_id": "project-2", "agent_id": "agent-1", "api_key": "key-2"},
        ],
        "llm_url": "{url}/v1",
        "tools": [
            {"name": "pay", "needs_approval": True, "parameters": {"type": "object"}},
            {"name": "note", "needs_approval": False, "parameters": {"type": "object"}},
        ],
        "tool_url": "{url}/tools",
        "data_dir": "{folder}",
        "timing_ms": {"approval_timeout": None},
    },
)

CLIENT = Role(
    name="client",
    contract="durable-execution",
    verbs={
        "create": Verb("create", ("messages", "conversation_id"), deadline_ms=35_000),
        "follow": Verb("follow", ("run_id", "start_index")),
        "approve": Verb("approve", ("run_id", "tool_call_id", "approved", "reason"), deadline_ms=35_000),
        "unfollow": Verb("unfollow"),
    },
    notes=("frame", "outcome", "log"),
    example={"url": "{url}", "headers": {}},
)
