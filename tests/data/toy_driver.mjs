// A driver for the tests of the shared part: verbs that return, throw, wait, print and note.
import { Failed, Unknown, Unsupported, serve } from "./streamproof-driver.mjs";
console.log("printed while loading");
const gates = new Map();
serve({
  name: "toy", version: "1.0.0",
  serves: [{ contract: "ingest", role: "sender", capabilities: ["limits"] }, { contract: "durable-execution", role: "server" }],
  async open(config, note, { role }) {
    if (config.broken) throw new Error("cannot be opened");
    if (config.slow) await new Promise((resolve) => gates.set("open", resolve));
    note("opened", { config });
    let calls = 0;
    const verbs = {
      count: () => ({ calls: ++calls }),
      echo: (args) => args,
      nothing: () => true,
      note: ({ times }) => { for (let i = 0; i < times; i++) note("tick", { i }); },
      wait: ({ name }) => new Promise((resolve) => gates.set(name, resolve)),
      release: ({ name }) => gates.get(name)({ late: true }),
      print: () => { console.log("a stray line"); console.info({}); process.stdout.write("{}\n"); },
      fail: () => { throw new Failed("too late", "closed"); },
      lost: async () => { throw new Unknown("no answer"); },
      lacks: () => { throw new Unsupported("no such thing"); },
      boom: async () => { throw new TypeError("a bug"); },
      huge: ({ bytes }) => ({ text: "x".repeat(bytes) }),
      huge_note: ({ bytes }) => note("huge", { text: "x".repeat(bytes) }),
      bigint: () => ({ value: 10n }),
      async close() { if (config.bad_close) throw new Error("cannot be closed"); note("late", {}); },
    };
    return role === "server" ? { url: "http://127.0.0.1:1", ...verbs } : verbs;
  },
});
