// The routes of executions over a world: create, status, stream and approval, as an application of the DevKit writes them.
import { approvalToken } from "./world_local_agent.mjs";
import { streamName } from "./world_local_frames.mjs";
import { eventsOf, resumeHook, startRun } from "./world_local_runtime.mjs";

const ROUTES = [
  { method: "POST", path: /^\/run\/api\/executions$/, handle: create },
  { method: "GET", path: /^\/run\/api\/executions\/([^/]+)$/, handle: status },
  { method: "GET", path: /^\/run\/api\/executions\/([^/]+)\/stream$/, handle: stream },
  { method: "POST", path: /^\/run\/api\/executions\/([^/]+)\/approvals\/([^/]+)$/, handle: approve },
];
const STREAM_HEADERS = { "content-type": "text/event-stream", "cache-control": "no-cache", connection: "keep-alive" };
const ROLES = ["system", "user", "assistant", "function", "tool"];
const TITLES = { 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 500: "Internal Server Error" };

/** An answer that is no success. */
class Problem extends Error {
  /** @param {400 | 401 | 404 | 500} status @param {string} detail */
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** @typedef {{world: any, tenant: any, request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse}} Ask */

/** @param {any} world @param {any} config @returns {import("node:http").RequestListener} */
export function routesOf(world, config) {
  return async (request, response) => {
    try {
      const tenant = config.tenants.find(({ api_key }) => request.headers.authorization === `Bearer ${api_key}`);
      if (!tenant) throw new Problem(401, "A valid API key is needed");
      const { handle, ids } = routeOf(request);
      await handle({ world, tenant, request, response }, ...ids);
    } catch (error) {
      sendProblem(response, problemOf(error));
    }
  };
}

/** @param {import("node:http").IncomingMessage} request @returns {{handle: Function, ids: string[]}} */
function routeOf({ method, url = "" }) {
  for (const route of ROUTES) {
    const found = route.path.exec(url.split("?")[0]);
    if (found && route.method === method) return { handle: route.handle, ids: found.slice(1).map(decoded) };
  }
  throw new Problem(404, "There is no such route");
}

/** @param {string} segment of a path */
function decoded(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new Problem(400, "The path is not well formed");
  }
}

/** What the world does not find is 404; all else that it throws is a fault of the server. @param {any} error @returns {Problem} */
function problemOf(error) {
  if (error instanceof Problem) return error;
  if (error?.name === "WorkflowRunNotFoundError") return new Problem(404, "Execution not found");
  if (error?.name === "HookNotFoundError") return new Problem(404, "Approval not found");
  console.error(error);
  return new Problem(500, "The server failed");
}

/** @param {import("node:http").ServerResponse} response @param {Problem} problem */
function sendProblem(response, { status, message }) {
  const title = TITLES[status];
  const code = title.toLowerCase().replaceAll(" ", "_");
  send(response, status, { title, status, detail: message, code, error: { code, message } }, "application/problem+json");
}

/** @param {import("node:http").ServerResponse} response @param {number} status @param {unknown} value @param {string} type */
function send(response, status, value, type = "application/json") {
  response.writeHead(status, { "content-type": type }).end(JSON.stringify(value));
}

/** @param {Ask} ask */
async function create({ world, tenant, request, response }) {
  const body = await bodyOf(request);
  if (!isCreation(body)) throw new Problem(400, "The body is no creation of an execution");
  const conversationId = body.conversationId ?? `conv_${crypto.randomUUID()}`;
  const operations = request.headers["x-emit-operations"] === "true";
  const context = { tenantId: tenant.tenant_id, projectId: tenant.project_id, agentId: tenant.agent_id, conversationId };
  const runId = await startRun(world, { messages: body.messages, operations }, context);
  await sendStream(world, runId, 0, response, { "x-workflow-run-id": runId });
}

/** @param {Ask} ask @param {string} id */
async function status({ world, tenant, response }, id) {
  const run = await ownRun(world, tenant, id);
  const { conversationId, agentId } = run.executionContext;
  const { createdAt, updatedAt } = run;
  send(response, 200, { id, status: await statusOf(world, run), conversationId, agentId, createdAt, updatedAt });
}

/** @param {Ask} ask @param {string} id */
async function stream({ world, tenant, request, response }, id) {
  await ownRun(world, tenant, id);
  const header = request.headers["x-stream-start-index"];
  await sendStream(world, id, header ? parseInt(String(header), 10) : 0, response);
}

/** @param {Ask} ask @param {string} id @param {string} callId */
async function approve({ world, tenant, request, response }, id, callId) {
  await ownRun(world, tenant, id);
  const body = await bodyOf(request);
  if (typeof body?.approved !== "boolean" || !isTextOrNone(body.reason)) throw new Problem(400, "The body is no decision");
  await resumeHook(world, approvalToken(id, callId), { approved: body.approved, reason: body.reason });
  send(response, 200, { success: true });
}

/** The run of that id. One of somebody else is as unknown as one that never was. @param {any} world @param {any} tenant @param {string} id */
async function ownRun(world, tenant, id) {
  const run = await world.runs.get(id);
  const { tenantId, projectId } = run.executionContext;
  if (tenantId !== tenant.tenant_id || projectId !== tenant.project_id) throw new Problem(404, "Execution not found");
  return run;
}

/** A running run with a hook that nobody has answered is suspended. @param {any} world @param {any} run */
async function statusOf(world, { runId, status }) {
  if (status !== "running") return status === "pending" ? "running" : status;
  const answered = new Set((await eventsOf(world, runId)).filter(({ eventType }) => eventType === "hook_received").map((event) => event.correlationId));
  const { data: hooks } = await world.hooks.list({ runId });
  return hooks.some(({ hookId }) => !answered.has(hookId)) ? "suspended" : "running";
}

/**
 * The first stream of a run, from an index on, as the world reads it.
 * @param {any} world @param {string} runId @param {number} index @param {import("node:http").ServerResponse} response @param {Record<string, string>} headers
 */
async function sendStream(world, runId, index, response, headers = {}) {
  const reader = (await world.readFromStream(streamName(runId, 0), index)).getReader();
  response.on("close", () => reader.cancel().catch(() => {}));
  response.writeHead(200, { ...STREAM_HEADERS, ...headers }).flushHeaders();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) response.write(part.value);
  } catch (error) {
    console.error(error);
    response.write(`event: error\ndata: ${JSON.stringify({ error: "Stream error" })}\n\n`);
  }
  response.end();
}

/** @param {import("node:http").IncomingMessage} request @returns {Promise<any>} */
async function bodyOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8"));
  } catch {
    throw new Problem(400, "The body is no JSON");
  }
}

/** @param {any} body */
function isCreation(body) {
  if (!isObject(body) || !Array.isArray(body.messages) || !isTextOrNone(body.conversationId)) return false;
  if (body.forwardedHeaders !== undefined && !isObject(body.forwardedHeaders)) return false;
  return Object.values(body.forwardedHeaders ?? {}).every((value) => typeof value === "string") && body.messages.every(isMessage);
}

/** @param {any} message */
function isMessage(message) {
  if (!isObject(message) || !ROLES.includes(message.role)) return false;
  return typeof message.content === "string" || (Array.isArray(message.content) && message.content.every(isItem));
}

/** @param {any} item */
function isItem(item) {
  return isObject(item) && (item.type === "text" ? typeof item.text === "string" : typeof item.type === "string");
}

/** @param {unknown} value */
function isTextOrNone(value) {
  return value === undefined || typeof value === "string";
}

/** @param {unknown} value */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
