// Driver of the npm package launchdarkly-eventsource. Its README gives a stored id in the headers.
import { client, serveReader } from "./sse_driver.mjs";

serveReader("launchdarkly-eventsource", ["reconnect", "headers", "stored_id"], ({ url, headers, last_event_id }, tell) => {
  const TELLERS = new Map([
    ["open", tell.open],
    ["error", tell.error],
    ["end", tell.error], // the server ended the stream
    ["closed", tell.ended],
  ]);

  class EventSource extends client.EventSource {
    // An emitter has no listener for every type, and the types of a stream are the server's: but each event passes here.
    emit(type, event) {
      if ("lastEventId" in event) tell.event(event.lastEventId, type, event.data);
      else TELLERS.get(type)?.(event);
      return true;
    }
  }

  const stored = last_event_id ? { "Last-Event-ID": last_event_id } : {};
  const source = new EventSource(url, { headers: { ...headers, ...stored } });
  return () => source.close();
});
