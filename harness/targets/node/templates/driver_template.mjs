// @ts-check
// A driver for Streamproof: copy this file and streamproof-driver.mjs side by side, put your sender in the place of NaiveSender, then
//   streamproof doctor --target "cmd:node driver_template.mjs"
//   streamproof run --target "cmd:node driver_template.mjs"
import { serve } from "./streamproof-driver.mjs"; // first: it keeps standard output free of what others print
// import { YourSender } from "./your-sender.js";

serve({
  name: "my-sender",
  version: "0.1.0",
  // "timing": config.timing_ms is obeyed, which makes examples short. Add "limits" once config.limits is. Where they say null, or nothing,
  // your own defaults hold.
  serves: [{ contract: "ingest", role: "sender", capabilities: ["timing"] }],

  open(config, note) {
    const log = (/** @type {string} */ level, /** @type {string} */ message) => note("log", { level, message });
    const sender = new NaiveSender(config, log);
    return {
      // Each verb says what the application asks for. What went over the wire is seen by Streamproof itself: never report it.
      enqueue({ event }) {
        sender.enqueue(event);
      },
      enqueue_many({ events }) {
        for (const event of events) sender.enqueue(event);
      },
      async stop({ complete }) {
        await sender.stop(complete); // answer when stop has returned; throw Unknown (from streamproof-driver.mjs) if you know it gave up
      },
      close() {
        sender.release(); // at once, without waiting for the network: no request may begin after it
      },
    };
  },
});

// ---- From here on: a sender for show. It is right on a good day; delete it. ----
class NaiveSender {
  /** @param {any} config @param {(level: string, message: string) => void} log */
  constructor({ api_url, ingest_url, project_id, task_id, run_id, token, timing_ms }, log) {
    const base = String(ingest_url ?? api_url).replace(/\/$/, "");
    const run = encodeURIComponent(run_id);
    const direct = `/api/projects/${project_id}/tasks/${encodeURIComponent(task_id)}/runs/${run}/event_stream/`;
    this.url = base + (ingest_url ? `/v1/runs/${run}/ingest` : direct);
    this.headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/x-ndjson" };
    this.timeoutMs = timing_ms?.request_timeout ?? 10_000;
    this.log = log;
    this.events = /** @type {unknown[]} */ ([]);
    this.released = new AbortController();
  }

  enqueue(/** @type {unknown} */ event) {
    this.events.push(event);
  }

  async post(/** @type {string} */ body) {
    const signal = AbortSignal.any([this.released.signal, AbortSignal.timeout(this.timeoutMs)]);
    const response = await fetch(this.url, { method: "POST", headers: this.headers, body, signal });
    if (!response.ok) this.log("warn", `answer ${response.status}`);
    return response.json();
  }

  async stop(/** @type {boolean} */ complete) {
    const { last_accepted_seq: last } = await this.post("");
    const lines = this.events.map((event, index) => ({ seq: last + index + 1, event }));
    const end = complete ? [{ type: "_posthog/stream_complete", final_seq: last + lines.length }] : [];
    await this.post([...lines, ...end].map((line) => `${JSON.stringify(line)}\n`).join(""));
  }

  release() {
    this.released.abort();
  }
}
