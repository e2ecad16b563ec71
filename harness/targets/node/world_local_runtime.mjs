// Runs a workflow over a world of the Workflow DevKit, as its runtime does: a workflow is replayed from the events of its run whenever a
// message of the queue wakes it, its steps are messages of their own, and a step that throws is tried again. One step is under way at
// a time. What an event means to the store (which of two writers wins, what a run that is over refuses) is the world's.

/** The DevKit's own default: so many tries follow the first one, a second apart. */
const RETRIES_MAX = 3;
const RETRY_AFTER_S = 1;
const WORKFLOW = "agent";
const EVENTS_A_PAGE = 1000;

/** Thrown through a workflow that cannot go on before something is in the log. */
export class Suspension extends Error {}

/** A step that throws this is not tried again. */
export class Fatal extends Error {}

/** Statuses below 500 that another try may turn into an answer. */
const PASSING = [408, 409, 425, 429];

/** What a step throws for an answer that is none. @param {number} status @param {string} who answered so */
export function failureOf(status, who) {
  const isFinal = status >= 400 && status < 500 && !PASSING.includes(status);
  return new (isFinal ? Fatal : Error)(`${who} answered ${status}`);
}

/** @param {any} world @param {string} runId */
export async function wake(world, runId) {
  await world.queue(`__wkf_workflow_${WORKFLOW}`, { runId });
}

/**
 * @param {any} world @param {unknown} input of the workflow @param {Record<string, unknown>} context kept with the run
 * @returns {Promise<string>} the id of the run, which is in the store by then
 */
export async function startRun(world, input, context) {
  const eventData = { deploymentId: await world.getDeploymentId(), workflowName: WORKFLOW, input, executionContext: context };
  const { run } = await world.events.create(null, { eventType: "run_created", specVersion: world.specVersion, eventData });
  await wake(world, run.runId);
  return run.runId;
}

/** Gives the hook of a token its payload. Throws the world's HookNotFoundError. @param {any} world @param {string} token @param {unknown} payload */
export async function resumeHook(world, token, payload) {
  const hook = await world.hooks.getByToken(token);
  const eventData = { token, payload };
  await world.events.create(hook.runId, { eventType: "hook_received", specVersion: world.specVersion, correlationId: hook.hookId, eventData });
  await wake(world, hook.runId);
}

/** Every event of a run, oldest first. @param {any} world @param {string} runId @returns {Promise<any[]>} */
export async function eventsOf(world, runId) {
  const events = [];
  for (let page = { hasMore: true, cursor: undefined, data: [] }; page.hasMore; ) {
    page = await world.events.list({ runId, pagination: { limit: EVENTS_A_PAGE, cursor: page.cursor ?? undefined } });
    events.push(...page.data);
  }
  return events;
}

/**
 * Handles the messages of the world's queue from now on, until `closing`.
 * @param {any} world @param {(replay: Replay, input: any) => Promise<unknown>} workflow
 * @param {Record<string, (input: any, at: {runId: string, stepId: string}) => Promise<unknown>>} steps by name @param {AbortSignal} closing
 */
export function startRuntime(world, workflow, steps, closing) {
  // A message that comes, or ends, behind `closing` has no effect: to the store, that is the death of a process.
  const unlessClosing = (handle) => async (message) => (closing.aborted ? undefined : handle(message));
  const handlers = {
    __wkf_workflow_: ({ runId }) => runWorkflow(world, workflow, runId),
    __wkf_step_: ({ runId, stepId }) => runStep(world, steps, runId, stepId, closing),
  };
  for (const [prefix, handle] of Object.entries(handlers)) {
    world.registerHandler(prefix, world.createQueueHandler(prefix, unlessClosing(handle)));
  }
}

/** What a workflow may do: it gets from the log what is there, and waits for the rest. */
class Replay {
  /** @param {any} world @param {string} runId @param {any[]} events */
  constructor(world, runId, events) {
    this.world = world;
    this.runId = runId;
    this.events = events;
    this.count = 0;
  }

  /** The result of a step. Throws what it failed with. @param {string} name @param {unknown} input @returns {Promise<any>} */
  async step(name, input) {
    const stepId = this.nextId("step");
    const done = this.find(stepId, "step_completed", "step_failed");
    if (done?.eventType === "step_completed") return done.eventData.result;
    if (done) throw new Error(String(done.eventData.error));
    if (!this.find(stepId, "step_created")) await this.create("step_created", stepId, { stepName: name, input });
    await this.world.queue(`__wkf_step_${name}`, { runId: this.runId, stepId }, { idempotencyKey: stepId });
    throw new Suspension();
  }

  /** Makes a hook. @param {string} token @returns {Promise<() => Promise<any>>} waits for its first payload */
  async hook(token) {
    const hookId = this.nextId("hook");
    if (!this.find(hookId, "hook_created", "hook_conflict")) await this.create("hook_created", hookId, { token, isWebhook: false });
    if (this.find(hookId, "hook_conflict")) throw new Error("the token of a hook is taken");
    return async () => {
      const received = this.find(hookId, "hook_received");
      if (!received) throw new Suspension();
      return received.eventData.payload;
    };
  }

  /** The same ids in every replay, and no others in the store. @param {string} kind */
  nextId(kind) {
    this.count += 1;
    return `${kind}_${this.runId.replace("wrun_", "")}_${this.count}`;
  }

  /** @param {string} id @param {...string} types */
  find(id, ...types) {
    return this.events.find((event) => event.correlationId === id && types.includes(event.eventType));
  }

  /** @param {string} eventType @param {string} correlationId @param {Record<string, unknown>} eventData */
  async create(eventType, correlationId, eventData) {
    const { event } = (await append(this.world, this.runId, { eventType, correlationId, eventData })) ?? {};
    if (event) this.events.push(event);
  }
}

/**
 * Appends an event. What another worker has done meanwhile is no error, to the DevKit neither.
 * @param {any} world @param {string} runId @param {Record<string, unknown>} data @returns {Promise<any>} null when the store refuses it as done
 */
async function append(world, runId, data) {
  try {
    return await world.events.create(runId, { specVersion: world.specVersion, ...data });
  } catch (error) {
    if (isDone(error)) return null;
    throw error;
  }
}

/** @param {any} error */
function isDone(error) {
  return error?.name === "EntityConflictError" || error?.name === "RunExpiredError";
}

/** @param {any} world @param {(replay: Replay, input: any) => Promise<unknown>} workflow @param {string} runId */
async function runWorkflow(world, workflow, runId) {
  const started = await append(world, runId, { eventType: "run_started" });
  if (!started) return;
  const replay = new Replay(world, runId, await eventsOf(world, runId));
  try {
    const output = await workflow(replay, started.run.input);
    await append(world, runId, { eventType: "run_completed", eventData: { output } });
  } catch (error) {
    if (error instanceof Suspension) return;
    await append(world, runId, { eventType: "run_failed", eventData: { error: { message: String(error?.message ?? error) } } });
  }
}

/** @param {any} world @param {Record<string, Function>} steps @param {string} runId @param {string} stepId @param {AbortSignal} closing */
async function runStep(world, steps, runId, stepId, closing) {
  const step = await startStep(world, runId, stepId);
  if (!step) return undefined;
  let end;
  try {
    if (step.attempt > RETRIES_MAX + 1) throw new Fatal("the step was tried too often");
    const result = await steps[step.stepName](step.input, { runId, stepId });
    end = { eventType: "step_completed", eventData: { result } };
  } catch (error) {
    const isLast = error instanceof Fatal || step.attempt > RETRIES_MAX;
    end = { eventType: isLast ? "step_failed" : "step_retrying", eventData: { error: String(error?.message ?? error) } };
  }
  if (closing.aborted || !(await append(world, runId, { ...end, correlationId: stepId }))) return undefined;
  if (end.eventType === "step_retrying") return { timeoutSeconds: RETRY_AFTER_S };
  await wake(world, runId);
  return undefined;
}

/** The step, now running; null when there is nothing to run. @param {any} world @param {string} runId @param {string} stepId */
async function startStep(world, runId, stepId) {
  try {
    const { step } = await world.events.create(runId, { eventType: "step_started", specVersion: world.specVersion, correlationId: stepId });
    return step;
  } catch (error) {
    if (!isDone(error)) throw error;
    if (error.name === "EntityConflictError") await wake(world, runId);
    return null;
  }
}
