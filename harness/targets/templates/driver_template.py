"""A driver for Streamproof: copy this file, put your sender in the place of NaiveSender, then

streamproof doctor --target "cmd:python driver_template.py"
streamproof run --target "cmd:python driver_template.py"
"""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from streamproof.driver import serve

# from your_package import YourSender


class Driver:
    """One method a verb, with its arguments by name. What went over the wire is seen by Streamproof itself: never report it."""

    def __init__(self, config: dict[str, Any], note: Callable[[str, dict[str, Any]], None]) -> None:
        self.sender = NaiveSender(config, log=lambda level, message: note("log", {"level": level, "message": message}))

    def enqueue(self, event: dict[str, Any]) -> None:
        self.sender.enqueue(event)

    def enqueue_many(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            self.sender.enqueue(event)

    async def stop(self, complete: bool) -> None:
        # What blocks goes to a thread. Raise streamproof.Unknown if you know that your stop gave up.
        await asyncio.to_thread(self.sender.stop, complete)

    def close(self) -> None:
        self.sender.release()  # at once, without waiting for the network: no request may begin after it


def main() -> None:
    # "timing": config["timing_ms"] is obeyed, which makes examples short. Add "limits" once config["limits"] is. Where they say null, or
    # nothing, your own defaults hold.
    serve(Driver, name="my-sender", version="0.1.0", serves=[{"contract": "ingest", "role": "sender", "capabilities": ["timing"]}])


# ---- From here to the last two lines: a sender for show. It is right on a good day; delete it. ----
class NaiveSender:
    def __init__(self, config: dict[str, Any], log: Callable[[str, str], None]) -> None:
        run, task = quote(config["run_id"], safe=""), quote(config["task_id"], safe="")
        base = (config["ingest_url"] or config["api_url"]).removesuffix("/")
        direct = f"/api/projects/{config['project_id']}/tasks/{task}/runs/{run}/event_stream/"
        self.url = base + (f"/v1/runs/{run}/ingest" if config["ingest_url"] else direct)
        self.headers = {"Authorization": f"Bearer {config['token']}", "Content-Type": "application/x-ndjson"}
        self.timeout_s = ((config.get("timing_ms") or {}).get("request_timeout") or 10_000) / 1_000
        self.log = log
        self.events: list[dict[str, Any]] = []
        self.released = False

    def enqueue(self, event: dict[str, Any]) -> None:
        self.events.append(event)

    def stop(self, complete: bool) -> None:
        last = self.post([])["last_accepted_seq"]
        lines = [{"seq": last + number, "event": event} for number, event in enumerate(self.events, 1)]
        end = [{"type": "_posthog/stream_complete", "final_seq": last + len(lines)}] if complete else []
        self.post([*lines, *end])

    def post(self, lines: list[dict[str, Any]]) -> Any:
        if self.released:
            raise RuntimeError("released")
        body = "".join(json.dumps(line) + "\n" for line in lines).encode()
        request = urllib.request.Request(self.url, body, self.headers)  # noqa: S310 - the URL is Streamproof's
        try:
            with urllib.request.urlopen(request, timeout=self.timeout_s) as response:  # noqa: S310 - as above
                return json.load(response)
        except OSError as error:
            self.log("warn", f"upload failed: {error}")
            raise

    def release(self) -> None:
        self.released = True


if __name__ == "__main__":
    main()
