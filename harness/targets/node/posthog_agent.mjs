// Driver of the sender published in the npm package @posthog/agent: `node posthog_agent.mjs SENDER VERSION`, where SENDER is the bundle
// that `streamproof install posthog-agent` has built.
import { pathToFileURL } from "node:url";
import { serve } from "./streamproof-driver.mjs";

const [bundle, version] = process.argv.slice(2);
const { TaskRunEventStreamSender } = await import(pathToFileURL(bundle).href);

serve({ name: "@posthog/agent", version, language: "typescript", serves: [{ contract: "ingest", role: "sender", capabilities: ["timing", "limits"] }], open });

function open(config, note) {
  const sender = new TaskRunEventStreamSender(optionsOf(config, loggerOf(note)));
  return {
    enqueue: ({ event }) => sender.enqueue(event),
    enqueue_many: ({ events }) => events.forEach((event) => sender.enqueue(event)),
    stop: ({ complete }) => sender.stop({ complete }),
    close: () => release(sender),
  };
}

/** The options of the sender; what is null or missing is left to its own defaults. */
function optionsOf(config, logger) {
  const limits = config.limits ?? {};
  const timing = config.timing_ms ?? {};
  return {
    apiUrl: config.api_url,
    eventIngestBaseUrl: config.ingest_url ?? undefined,
    projectId: config.project_id,
    taskId: config.task_id,
    runId: config.run_id,
    token: config.token,
    keepProxyStreamOpen: config.persistent_upload ?? undefined,
    maxBufferedEvents: limits.max_buffered_events,
    maxEventBytes: limits.max_event_bytes,
    maxStreamEvents: limits.max_upload_events,
    maxStreamBytes: limits.max_upload_bytes,
    flushDelayMs: timing.flush_delay,
    retryDelayMs: timing.retry_delay,
    requestTimeoutMs: timing.request_timeout,
    stopTimeoutMs: timing.stop_timeout,
    streamWindowMs: timing.upload_window,
    logger,
  };
}

/** What the sender logs, as notes for the report. Stack traces are left out: they hold paths of this machine. */
function loggerOf(note) {
  const at = (level) => (message, data) => {
    const { stack, ...details } = data ?? {};
    note("log", { level, message: Object.keys(details).length ? `${message} ${JSON.stringify(details)}` : message });
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/**
 * The sender has no way to be dropped in a living process, but the process is used again for the next example: nothing of this one
 * may reach the wire any more. So its timers and its upload are ended, and the two methods that begin a request refuse from now on.
 */
function release(sender) {
  sender.stopped = true;
  sender.transportCompleted = true;
  clearTimeout(sender.flushTimer);
  clearTimeout(sender.activeStream?.windowTimer);
  sender.activeStream?.abortController.abort();
  sender.activeStream = null;
  sender.fetchWithTimeout = sender.createStreamingUpload = () => {
    throw new Error("released");
  };
}
