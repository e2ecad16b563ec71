/**
 * The protocol part of every Node driver: reads requests from standard input, calls the implementation, writes replies and notes.
 *
 * A driver file says what it serves and how an object is opened; all else (ids, handles, outcomes, numbered notes, close, end) is here.
 * Import this file before the implementation: it takes standard output for the protocol, and whatever else is printed goes to
 * standard error from then on. An uncaught error outside a call ends the process, as it would in production: Node's default is kept.
 *
 * Needs Node 20 and nothing from npm.
 */

/**
 * @typedef {Record<string, unknown>} Fields
 * @typedef {(name: string, data?: Fields) => void} Note hands something to Streamproof that the implementation gave to its application
 * @typedef {{contract: string, role: string, capabilities?: string[]}} Serves
 * @typedef {Record<string, string | ((args: any) => unknown)>} Opened one method for each verb, called with the arguments as one object;
 *   optionally `close()`; for a server the property `url`
 * @typedef {{name: string, version: string, language?: string, serves: Serves[],
 *   open: (config: Fields, note: Note, as: {contract: string, role: string}) => Opened | Promise<Opened>}} Driver
 */

const PROTOCOL = 1;
const LINE_BYTES_MAX = 16 * 1024 * 1024;
const LF = 0x0a;
/** Streamproof allows 3 s from the end of its requests to the exit; what closes more slowly is cut off. */
const CLOSING_MS_MAX = 2_000;

/** What a verb throws to report an outcome other than `ok`. Any other exception is `unknown`. */
class CallOutcome extends Error {
  /** @param {string} outcome @param {string} message @param {string} kind a short word for machines */
  constructor(outcome, message, kind) {
    super(message);
    this.outcome = outcome;
    this.kind = kind;
  }
}

/** Definitely not done: it had no effect and never will. */
export class Failed extends CallOutcome {
  constructor(message = "", kind = "failed") {
    super("fail", message, kind);
  }
}

/** May or may not have had an effect: a time-out, a lost answer. */
export class Unknown extends CallOutcome {
  constructor(message = "", kind = "unknown") {
    super("unknown", message, kind);
  }
}

/** The implementation has no such feature. Only legal for what the driver did not declare. */
export class Unsupported extends CallOutcome {
  constructor(message = "", kind = "unsupported") {
    super("unsupported", message, kind);
  }
}

/** The driver itself could not try; only this file throws it. */
class DriverError extends CallOutcome {
  /** @param {string} message @param {string} kind */
  constructor(message, kind) {
    super("driver_error", message, kind);
  }
}

const writeProtocol = process.stdout.write.bind(process.stdout);
// console.log of an implementation ends in this method too, however it got hold of its console.
process.stdout.write = /** @type {any} */ (process.stderr.write.bind(process.stderr));
// Nobody reads any more: there is no one left to serve, and no one to tell.
process.stdout.on("error", () => process.exit(0));

/** @param {string} text */
function log(text) {
  process.stderr.write(`streamproof-driver: ${text}\n`);
}

/** @param {Fields} message @returns {string} one line without its LF; throws if it cannot be sent */
function encode(message) {
  const line = JSON.stringify(message);
  if (Buffer.byteLength(line) > LINE_BYTES_MAX) throw new RangeError(`a line of more than ${LINE_BYTES_MAX} bytes cannot be sent`);
  return line;
}

/** @param {number} id @param {Fields} value */
function replyOk(id, value) {
  let line;
  try {
    line = encode({ id, outcome: "ok", value });
  } catch (error) {
    replyError(id, new DriverError(`the value of the reply cannot be written as JSON: ${error}`, "bad-value"));
    return;
  }
  writeProtocol(`${line}\n`);
}

/** @param {number} id @param {any} error whatever was thrown */
function replyError(id, error) {
  const outcome = error instanceof CallOutcome ? error.outcome : "unknown";
  const kind = String((error instanceof CallOutcome ? error.kind : error?.name) ?? "error");
  if (!(error instanceof CallOutcome)) log(error?.stack ?? String(error));
  const message = String(error?.message ?? error).slice(0, 10_000);
  writeProtocol(`${encode({ id, outcome, error: { kind, message } })}\n`);
}

/** One open object: its calls that wait for an answer, and the numbers of its notes. */
class Handle {
  /** @param {string} name */
  constructor(name) {
    this.name = name;
    /** @type {Opened | null} null while it is being opened */
    this.object = null;
    /** @type {Promise<Fields> | null} the value of the reply to `open` */
    this.opening = null;
    this.isClosed = false;
    /** @type {Set<number>} ids of requests without a reply */
    this.pending = new Set();
    this.notes = 0;
  }

  /** @type {Note} */
  note = (name, data = {}) => {
    // The object may outlive `close` for a moment; nobody listens to this handle any more, and it may be opened anew.
    if (this.isClosed) return;
    const line = encode({ handle: this.name, n: this.notes + 1, note: name, data });
    this.notes += 1;
    writeProtocol(`${line}\n`);
  };

  /**
   * Answers a request with what `work` returns or throws, unless `close` answered it before.
   * @param {number} id @param {() => unknown} work called at once, so that calls take effect in the order of their lines
   */
  async answer(id, work) {
    this.pending.add(id);
    try {
      const value = await work();
      if (this.pending.delete(id)) replyOk(id, isObject(value) ? value : {});
    } catch (error) {
      if (this.pending.delete(id)) replyError(id, error);
    }
  }

  async close() {
    this.isClosed = true;
    for (const id of this.pending) replyError(id, new Unknown("the handle was closed before the call returned", "closed"));
    this.pending.clear();
    await release(this.object);
  }
}

/**
 * Only an object says anything in a reply; whatever else a method happens to return is no part of the protocol.
 * @param {unknown} value @returns {value is Fields}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @param {Opened | null} object null when it was never opened */
async function release(object) {
  if (typeof object?.close === "function") await object.close({});
}

/** @param {Opened} object @param {unknown} verb @param {Fields} args @returns {unknown} */
function callVerb(object, verb, args) {
  // What every object inherits (`toString`) is no verb, and `close` is not called like one.
  const method = typeof verb === "string" && verb !== "close" && !(verb in Object.prototype) ? object[verb] : undefined;
  if (typeof method !== "function") throw new Unsupported(`no verb ${JSON.stringify(verb)}`, "unknown-verb");
  return method.call(object, args);
}

/** The requests that a driver answers, one method each. */
class Session {
  /** @param {Driver} driver */
  constructor(driver) {
    this.driver = driver;
    /** @type {Map<unknown, Handle>} */
    this.handles = new Map();
  }

  /** @param {any} request */
  hello({ id, protocol }) {
    const [lowest, highest] = Array.isArray(protocol) ? protocol : [];
    if (!(lowest <= PROTOCOL && PROTOCOL <= highest)) {
      throw new DriverError(`this driver speaks version ${PROTOCOL}, offered was ${JSON.stringify(protocol)}`, "protocol-version");
    }
    const { name, version, language = "javascript", serves } = this.driver;
    const rows = serves.map(({ contract, role, capabilities = [] }) => ({ contract, role, capabilities }));
    replyOk(id, { protocol: PROTOCOL, name, version, language, serves: rows });
  }

  /** @param {any} request */
  open({ id, handle: name, contract, role, config }) {
    if (typeof name !== "string") throw new DriverError(`"handle" must be a string, got ${JSON.stringify(name)}`, "bad-request");
    if (this.handles.has(name)) throw new DriverError(`handle ${JSON.stringify(name)} is already open`, "already-open");
    const isServed = this.driver.serves.some((row) => row.contract === contract && row.role === role);
    if (!isServed) throw new DriverError(`this driver does not serve ${contract} / ${role}`, "not-served");
    const handle = new Handle(name);
    this.handles.set(name, handle);
    handle.answer(id, () => (handle.opening = this.openObject(handle, config ?? {}, { contract, role })));
  }

  /** @param {Handle} handle @param {Fields} config @param {{contract: string, role: string}} as */
  async openObject(handle, config, as) {
    try {
      handle.object = await this.driver.open(config, handle.note, as);
    } catch (error) {
      if (!handle.isClosed) this.handles.delete(handle.name);
      if (error instanceof CallOutcome) throw error;
      log(/** @type {any} */ (error)?.stack ?? String(error));
      throw new DriverError(`open failed: ${error}`, "open-failed");
    }
    if (handle.isClosed) await release(handle.object);
    return handle.object?.url === undefined ? {} : { url: handle.object.url };
  }

  /** @param {any} request */
  call({ id, handle: name, verb, args }) {
    const handle = this.handles.get(name);
    if (!handle) throw new DriverError(`handle ${JSON.stringify(name)} is not open`, "not-open");
    handle.answer(id, async () => {
      // A call that comes before the reply to `open` waits for it; any other takes effect at once, in the order of the lines.
      if (!handle.object) await handle.opening;
      return callVerb(/** @type {Opened} */ (handle.object), verb, args ?? {});
    });
  }

  /** @param {any} request */
  async close({ id, handle: name }) {
    const handle = this.handles.get(name);
    if (!handle) throw new DriverError(`handle ${JSON.stringify(name)} is not open`, "not-open");
    this.handles.delete(name);
    try {
      await handle.close();
    } catch (error) {
      throw new DriverError(`close failed: ${error}`, "close-failed");
    }
    replyOk(id, {});
  }

  /** @param {any} request */
  async shutdown({ id }) {
    await this.closeAll();
    writeProtocol(`${encode({ id, outcome: "ok", value: {} })}\n`, () => process.exit(0));
  }

  async closeAll() {
    const handles = [...this.handles.values()];
    this.handles.clear();
    const closings = Promise.allSettled(handles.map((handle) => handle.close()));
    await Promise.race([closings, new Promise((resolve) => setTimeout(resolve, CLOSING_MS_MAX))]);
  }

  /** @param {string} line */
  async handleLine(line) {
    if (!line.trim()) return;
    const request = parseRequest(line);
    if (!request) return;
    try {
      const operation = OPERATIONS.has(request.op) ? /** @type {any} */ (this)[request.op] : undefined;
      if (!operation) throw new DriverError(`unknown op ${JSON.stringify(request.op)}`, "unknown-op");
      await operation.call(this, request);
    } catch (error) {
      replyError(request.id, error);
    }
  }
}

const OPERATIONS = new Set(["hello", "open", "call", "close", "shutdown"]);

/** @param {string} line @returns {any} null when there is nobody to answer: the line is told on standard error instead */
function parseRequest(line) {
  let request = null;
  try {
    request = JSON.parse(line);
  } catch (error) {
    log(`a request is not JSON (${error}): ${line.slice(0, 200)}`);
    return null;
  }
  if (Number.isInteger(request?.id) && request.id > 0) return request;
  log(`a request has no positive integer "id": ${line.slice(0, 200)}`);
  return null;
}

/**
 * Splits bytes at LF alone: U+2028 and CR stand inside a line. A line beyond the limit is told and skipped, in bounded memory.
 * @param {(line: string) => void} onLine @returns {(chunk: Buffer) => void}
 */
function splitLines(onLine) {
  /** @type {Buffer[]} */
  let pieces = [];
  let bytes = 0;

  /** @param {Buffer} piece */
  function keep(piece) {
    bytes += piece.length;
    if (bytes <= LINE_BYTES_MAX) pieces.push(piece);
    else pieces = [];
  }

  function finish() {
    if (bytes <= LINE_BYTES_MAX) onLine(Buffer.concat(pieces).toString("utf8"));
    else log(`a request of ${bytes} bytes is longer than ${LINE_BYTES_MAX} and was skipped`);
    pieces = [];
    bytes = 0;
  }

  return (chunk) => {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      keep(chunk.subarray(start, end));
      finish();
      start = end + 1;
    }
    keep(chunk.subarray(start));
  };
}

/**
 * Serves requests until `shutdown` or the end of standard input; then the process exits with 0.
 * @param {Driver} driver
 */
export function serve(driver) {
  const session = new Session(driver);
  process.stdin.on("data", splitLines((line) => void session.handleLine(line)));
  process.stdin.on("end", async () => {
    await session.closeAll();
    process.exit(0);
  });
}
