// The stream of a run: its frames, a chunk of the world's streamer each, so that the index of a chunk is the index of a frame.

/** The name under which the DevKit keeps a stream of a run. @param {string} runId @param {number} round */
export function streamName(runId, round) {
  const name = `${runId.replace("wrun_", "strm_")}_user`;
  return round ? `${name}_${Buffer.from(`r${round}`).toString("base64url")}` : name;
}

/** Writes frames of one round of a run, each when the one before is stored. @param {any} world @param {string} runId @param {number} round */
export function framesWriter(world, runId, round) {
  const name = streamName(runId, round);
  const delta = (content, finish_reason = null) => {
    const choices = [{ index: 0, delta: content, finish_reason }];
    const chunk = { id: `chatcmpl-${runId}`, object: "chat.completion.chunk", created: Math.floor(Date.now() / 1000), choices };
    return world.writeToStream(name, runId, `data: ${JSON.stringify(chunk)}\n\n`);
  };
  return {
    /** @type {(content: Record<string, unknown>, finishReason?: string) => Promise<void>} */
    delta,
    /** @param {Record<string, unknown>} envelope */
    envelope: (envelope) => delta({ content: JSON.stringify(envelope) }),
    close: () => world.closeStream(name, runId),
  };
}
