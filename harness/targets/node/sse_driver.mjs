// What the drivers of SSE clients share. Each is started as `node DRIVER MODULE VERSION`, where MODULE is the file that
// `streamproof install` has put into the cache. A driver starts its client with its default settings and hands on, unchanged, what the
// client tells its application; what the client says after it was closed is handed on too, since that is what is judged.
import { pathToFileURL } from "node:url";
import { serve } from "./streamproof-driver.mjs";

const [path, version] = process.argv.slice(2);

/** What the package under test exports. */
export const client = await import(pathToFileURL(path).href);

/**
 * @typedef {{url: string, headers: Record<string, string>, last_event_id: string | null}} Config
 * @typedef {{open: () => void, event: (id: string, type: string, data: string) => void, error: (error?: any) => void,
 *   ended: () => void}} Tell one method for each note; `ended` is for a client that gives up by itself
 */

/**
 * @param {string} name of the package @param {string[]} capabilities
 * @param {(config: Config, tell: Tell) => () => void} start starts a client at once and returns what closes it
 */
export function serveReader(name, capabilities, start) {
  const serves = [{ contract: "sse", role: "reader", capabilities }];
  serve({ name, version, serves, open: (config, note) => openedOf((tell) => start(/** @type {any} */ (config), tell), note) });
}

/**
 * An exception in a timer of a client would end this process, and every application that the client is part of. Here it is told and
 * survived, so that what is judged is the client: it has stopped without a word.
 * @type {Set<(name: string, data?: any) => void>} how what is open tells
 */
const opened = new Set();
process.on("uncaughtException", (error) => {
  console.error(error);
  for (const note of opened) note("log", { level: "error", message: `uncaught, which ends an application: ${error}` });
});

/** @param {(tell: Tell) => () => void} start @param {(name: string, data?: any) => void} note */
function openedOf(start, note) {
  let stop = () => {};
  opened.add(note);
  return {
    watch() {
      stop();
      stop = watched(start, note);
    },
    unwatch: () => stop(),
    close() {
      opened.delete(note);
      stop();
    },
  };
}

/** @param {(tell: Tell) => () => void} start @param {(name: string, data?: any) => void} note @returns {() => void} closes the client */
function watched(start, note) {
  let isOver = false;
  const close = start({
    open: () => note("open"),
    event: (id, type, data) => note("event", { id, type, data }),
    error: (error) => note("error", { message: String(error?.message || "the client gives no reason") }),
    ended() {
      if (!isOver) note("ended");
      isOver = true;
    },
  });
  return () => {
    isOver = true;
    close();
  };
}

/**
 * The class of a client that follows the browser's interface, which tells all that it dispatches. An EventTarget has no listener for
 * every type, and the types of a stream are the server's: but each event passes `dispatchEvent`, just before its listeners.
 * @param {any} EventSource @param {Tell} tell
 */
export function telling(EventSource, tell) {
  return class extends EventSource {
    /** @param {any} event */
    dispatchEvent(event) {
      if (event instanceof MessageEvent) tell.event(event.lastEventId, event.type, event.data);
      else if (event.type === "open") tell.open();
      else if (event.type === "error") this.tellError(event);
      return super.dispatchEvent(event);
    }

    /** @param {any} event */
    tellError(event) {
      tell.error(event);
      if (this.readyState === this.CLOSED) tell.ended();
    }
  };
}
