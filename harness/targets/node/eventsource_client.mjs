// Driver of the npm package eventsource-client. It has no event for errors: what it tells its application is that it connects again.
import { client, serveReader } from "./sse_driver.mjs";

serveReader("eventsource-client", ["reconnect", "headers", "stored_id"], ({ url, headers, last_event_id }, tell) => {
  const source = client.createEventSource({
    url,
    headers,
    initialLastEventId: last_event_id ?? undefined,
    onConnect: tell.open,
    // The id of a message is that of its own frame; the last one seen is a property of the client.
    onMessage: ({ event, data }) => tell.event(source.lastEventId ?? "", event || "message", data),
    onScheduleReconnect: ({ delay }) => tell.error(new Error(`connects again in ${delay} ms`)),
    onDisconnect: () => queueMicrotask(tellIfClosed), // it is told before the client closes itself
  });

  function tellIfClosed() {
    if (source.readyState === client.CLOSED) tell.ended();
  }

  return () => source.close();
});
