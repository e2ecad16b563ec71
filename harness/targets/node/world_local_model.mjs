// Asks the model: one chat completion, streamed, read to its end.
import { failureOf } from "./world_local_runtime.mjs";

/**
 * @param {any} config @param {unknown[]} messages @param {AbortSignal} signal @param {(text: string) => Promise<void>} onText awaited
 * @returns {Promise<{text: string, calls: {id: string, name: string, arguments: string}[]}>} throws Fatal for an answer that another try would get again
 */
export async function askModel(config, messages, signal, onText) {
  const tools = config.tools.map(({ name, parameters }) => ({ type: "function", function: { name, parameters: parameters ?? { type: "object" } } }));
  const answer = await fetch(`${config.llm_url}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "scripted", stream: true, messages, tools }),
    signal,
  });
  if (!answer.ok) throw failureOf(answer.status, "the model");
  return readAnswer(chunksOf(answer), onText);
}

/** @param {AsyncIterable<any>} chunks @param {(text: string) => Promise<void>} onText */
async function readAnswer(chunks, onText) {
  let text = "";
  let isWhole = false;
  const calls = [];
  for await (const { choices: [choice] = [], error } of chunks) {
    if (error) throw new Error("the model failed");
    const delta = choice?.delta ?? {};
    if (delta.content) {
      text += delta.content;
      await onText(delta.content);
    }
    for (const part of delta.tool_calls ?? []) addPart(calls, part);
    isWhole ||= Boolean(choice?.finish_reason);
  }
  if (!isWhole) throw new Error("the answer of the model ended early");
  return { text, calls: calls.filter(Boolean) };
}

/** A call comes in parts: its id and name once, its arguments piece by piece. @param {any[]} calls @param {any} part */
function addPart(calls, part) {
  const call = (calls[part.index ?? 0] ??= { id: "", name: "", arguments: "" });
  call.id ||= part.id ?? "";
  call.name ||= part.function?.name ?? "";
  call.arguments += part.function?.arguments ?? "";
}

/** The JSON of every event before `[DONE]`. @param {Response} answer */
async function* chunksOf(answer) {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of /** @type {any} */ (answer.body)) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split(/\r?\n/);
    rest = /** @type {string} */ (lines.pop());
    for (const line of lines) {
      const data = line.startsWith("data:") ? line.slice(5).trim() : "";
      if (data === "[DONE]") return;
      if (data) yield JSON.parse(data);
    }
  }
}
