// Driver of the npm package extended-eventsource.
import { client, serveReader, telling } from "./sse_driver.mjs";

serveReader("extended-eventsource", ["reconnect", "headers"], ({ url, headers }, tell) => {
  const EventSource = telling(client.EventSource, tell);
  const source = new EventSource(url, { headers });
  return () => source.close();
});
