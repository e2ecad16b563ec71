// Driver of the npm package @microsoft/fetch-event-source, which was written for browsers: it needs `window` and `document`.
import { client, serveReader } from "./sse_driver.mjs";

globalThis.window = globalThis;
globalThis.document = Object.assign(new EventTarget(), { hidden: false });

serveReader("@microsoft/fetch-event-source", ["reconnect", "headers"], ({ url, headers }, tell) => {
  const controller = new AbortController();
  client
    .fetchEventSource(url, {
      headers,
      signal: controller.signal,
      // An `onopen` of one's own takes the place of the one that the package has: this is the same check, and then tells.
      onopen(response) {
        const type = response.headers.get("content-type");
        if (!type?.startsWith(client.EventStreamContentType)) throw new Error(`content type ${type}`);
        tell.open();
      },
      onmessage: ({ id, event, data }) => tell.event(id, event || "message", data),
      // Its README: an application that expects an endless stream throws here, and the client connects again.
      onclose() {
        throw new Error("the stream ended");
      },
      onerror: tell.error,
    })
    .then(tell.ended, tell.ended);
  return () => controller.abort();
});
