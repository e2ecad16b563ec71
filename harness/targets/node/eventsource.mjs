// Driver of the npm package eventsource. It has no option for headers: its README wraps `fetch`, and so does this.
import { client, serveReader, telling } from "./sse_driver.mjs";

serveReader("eventsource", ["reconnect", "headers"], ({ url, headers }, tell) => {
  const EventSource = telling(client.EventSource, tell);
  const source = new EventSource(url, {
    fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers } }),
  });
  return () => source.close();
});
