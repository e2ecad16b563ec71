// A world of the Workflow DevKit in memory, as small as the server over it allows: it knows what an event does to a run, a step and a
// hook, and nothing of files.
class Named extends Error {
  constructor(name) {
    super(name);
    this.name = name;
  }
}

export function createLocalWorld() {
  const runs = new Map();
  const steps = new Map();
  const hooks = new Map();
  const events = [];
  const streams = new Map();
  const handlers = new Map();
  const isOver = ({ status }) => status === "completed" || status === "failed";
  const streamOf = (name) => streams.get(name) ?? streams.set(name, { chunks: [], isClosed: false, changed: [] }).get(name);
  const change = (stream) => stream.changed.splice(0).forEach((tell) => tell());

  const effects = {
    run_created: (run, { eventData }) => ({ run }),
    run_started(run) {
      if (isOver(run)) throw new Named("RunExpiredError");
      run.status = "running";
      return { run };
    },
    run_completed: (run) => finish(run, "completed"),
    run_failed: (run) => finish(run, "failed"),
    step_created(run, { correlationId, eventData }) {
      steps.set(correlationId, { ...eventData, status: "pending", attempt: 0 });
    },
    step_started(run, { correlationId }) {
      const step = steps.get(correlationId);
      if (step.status === "completed") throw new Named("EntityConflictError");
      step.attempt += 1;
      return { step };
    },
    step_completed(run, { correlationId }) {
      steps.get(correlationId).status = "completed";
    },
    hook_created(run, { correlationId, eventData }) {
      hooks.set(eventData.token, { hookId: correlationId, runId: run.runId });
    },
  };

  function finish(run, status) {
    run.status = status;
    for (const [token, hook] of hooks) if (hook.runId === run.runId) hooks.delete(token);
  }

  function createRun({ eventData: { input, executionContext } }) {
    const now = new Date();
    const run = { runId: `wrun_${runs.size + 1}`, status: "pending", input, executionContext, createdAt: now, updatedAt: now };
    runs.set(run.runId, run);
    return run;
  }

  return {
    specVersion: 2,
    getDeploymentId: async () => "memory",
    runs: {
      async get(id) {
        if (!runs.has(id)) throw new Named("WorkflowRunNotFoundError");
        return runs.get(id);
      },
    },
    events: {
      async create(runId, data) {
        const run = runId ? runs.get(runId) : createRun(data);
        const changed = effects[data.eventType]?.(run, data);
        const event = { ...data, runId: run.runId };
        events.push(event);
        return { event, ...changed };
      },
      list: async ({ runId }) => ({ data: events.filter((event) => event.runId === runId), hasMore: false, cursor: null }),
    },
    hooks: {
      async getByToken(token) {
        if (!hooks.has(token)) throw new Named("HookNotFoundError");
        return hooks.get(token);
      },
      list: async ({ runId }) => ({ data: [...hooks.values()].filter((hook) => hook.runId === runId) }),
    },
    async queue(name, message) {
      const handle = [...handlers].find(([prefix]) => name.startsWith(prefix))[1];
      const deliver = async () => {
        const result = await handle(message);
        if (result?.timeoutSeconds) setTimeout(deliver, 1);
      };
      setImmediate(deliver);
    },
    createQueueHandler: (prefix, handle) => handle,
    registerHandler: (prefix, handle) => handlers.set(prefix, handle),
    async writeToStream(name, runId, chunk) {
      const stream = streamOf(name);
      stream.chunks.push(chunk);
      change(stream);
    },
    async closeStream(name) {
      streamOf(name).isClosed = true;
      change(streamOf(name));
    },
    async readFromStream(name, index) {
      const stream = streamOf(name);
      let next = index;
      return new ReadableStream({
        async pull(controller) {
          while (next >= stream.chunks.length && !stream.isClosed) await new Promise((resolve) => stream.changed.push(resolve));
          if (next < stream.chunks.length) controller.enqueue(new TextEncoder().encode(stream.chunks[next++]));
          else controller.close();
        },
      });
    },
    async start() {},
    async close() {},
  };
}
