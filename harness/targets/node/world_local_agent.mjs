// The agent that the server over @workflow/world-local runs: a workflow of model calls, tool calls and approvals, and its steps. Only
// steps speak to the world outside, the model, the tools and the stream of the run; the workflow is replayed and must not.
import { framesWriter } from "./world_local_frames.mjs";
import { askModel } from "./world_local_model.mjs";
import { Fatal, failureOf, Suspension } from "./world_local_runtime.mjs";

const TURNS_MAX = 10;

/** @typedef {{id: string, name: string, arguments: string}} Call */

/** The token of the hook that waits for the approval of a call. @param {string} runId @param {string} callId */
export function approvalToken(runId, callId) {
  return `tool-approval:${runId}:${callId}`;
}

/** @param {any} config @returns {(replay: any, input: any) => Promise<unknown>} */
export function agentWorkflow(config) {
  const gated = new Set(config.tools.filter((tool) => tool.needs_approval).map((tool) => tool.name));
  return async (replay, input) => {
    const run = new AgentRun(replay, input, gated);
    try {
      await run.play();
    } catch (error) {
      if (error instanceof Suspension) throw error;
      await run.step("finish", { error: error.message });
      throw error;
    }
  };
}

/** One replay of a run. The stream of a round is closed when the round ends in an approval; what follows has a stream of its own. */
class AgentRun {
  /** @param {any} replay @param {any} input @param {Set<string>} gated names of tools */
  constructor(replay, input, gated) {
    this.replay = replay;
    this.gated = gated;
    this.round = 0;
    this.hasOperations = input.operations;
    this.messages = [...input.messages];
  }

  /** @param {string} name @param {Record<string, unknown>} input */
  step(name, input) {
    return this.replay.step(name, { ...input, round: this.round });
  }

  async play() {
    await this.step("begin", { operations: this.hasOperations });
    for (let turn = 0; turn < TURNS_MAX; turn += 1) {
      const { text, calls } = await this.step("model", { messages: this.messages });
      this.messages.push(assistantMessage(text, calls));
      for (const call of calls) this.messages.push({ role: "tool", tool_call_id: call.id, content: await this.settle(call) });
      if (!calls.length) break;
    }
    await this.step("finish", { operations: this.hasOperations });
  }

  /** @param {Call} call @returns {Promise<string>} what the model is told of it */
  async settle(call) {
    const decision = this.gated.has(call.name) ? await this.decide(call) : { approved: true };
    if (!decision.approved) return this.step("denied", { call, reason: decision.reason });
    try {
      return await this.step("tool", { call });
    } catch (error) {
      if (error instanceof Suspension) throw error;
      return this.step("broken", { call, error: error.message });
    }
  }

  /** The hook is there before anybody is told of it. @param {Call} call */
  async decide(call) {
    const received = await this.replay.hook(approvalToken(this.replay.runId, call.id));
    await this.step("announce", { call });
    const decision = await received();
    this.round += 1;
    return decision;
  }
}

/** @param {string} text @param {Call[]} calls */
function assistantMessage(text, calls) {
  if (!calls.length) return { role: "assistant", content: text };
  const tool_calls = calls.map(({ id, name, arguments: text }) => ({ id, type: "function", function: { name, arguments: text } }));
  return { role: "assistant", content: text, tool_calls };
}

/** The steps, by name. @param {any} world @param {any} config @param {AbortSignal} closing */
export function agentSteps(world, config, closing) {
  const writer = (runId, round) => framesWriter(world, runId, round);
  return {
    async begin({ round, operations }, { runId }) {
      const frames = writer(runId, round);
      await frames.delta({ role: "assistant" });
      if (operations) await frames.envelope({ type: "data-operation", data: { type: "agent_initializing" } });
    },
    async model({ round, messages }, { runId }) {
      const frames = writer(runId, round);
      return askModel(config, messages, closing, (text) => frames.delta({ content: text }));
    },
    async announce({ round, call }, { runId }) {
      const frames = writer(runId, round);
      const input = argumentsOf(call);
      await frames.envelope({ type: "tool-approval-request", approvalId: `aitxt-${call.id}`, toolCallId: call.id, toolName: call.name, input });
      await frames.close();
    },
    async tool({ round, call }, { runId, stepId }) {
      const output = await callTool(config, call, runId, stepId, closing);
      await writer(runId, round).envelope({ type: "tool-output-available", toolCallId: call.id, output });
      return typeof output === "string" ? output : JSON.stringify(output);
    },
    async denied({ round, call, reason }, { runId }) {
      await writer(runId, round).envelope({ type: "tool-output-denied", toolCallId: call.id });
      return reason ? `denied: ${reason}` : "denied";
    },
    async broken({ round, call, error }, { runId }) {
      await writer(runId, round).envelope({ type: "tool-output-error", toolCallId: call.id, errorText: error, output: null });
      return `error: ${error}`;
    },
    async finish({ round, operations, error }, { runId }) {
      const frames = writer(runId, round);
      if (error) await frames.envelope({ type: "data-operation", data: { type: "error", message: error } });
      else if (operations) await frames.envelope({ type: "data-operation", data: { type: "completion" } });
      await frames.delta({}, "stop");
      await frames.close();
    },
  };
}

/** @param {Call} call @returns {unknown} an object, as the model is told to give */
function argumentsOf(call) {
  try {
    return JSON.parse(call.arguments || "{}");
  } catch {
    throw new Fatal(`the arguments of ${call.name} are no JSON`);
  }
}

/**
 * The key is the id of the step, which the store knows before the first try and which no later try changes.
 * @param {any} config @param {Call} call @param {string} runId @param {string} key @param {AbortSignal} signal
 */
async function callTool(config, call, runId, key, signal) {
  if (!config.tools.some((tool) => tool.name === call.name)) throw new Fatal(`there is no tool ${call.name}`);
  const answer = await fetch(`${config.tool_url}/${encodeURIComponent(call.name)}`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify({ runId, toolCallId: call.id, name: call.name, arguments: argumentsOf(call) }),
    signal,
  });
  if (!answer.ok) throw failureOf(answer.status, "the tool");
  return (await answer.json()).output;
}
