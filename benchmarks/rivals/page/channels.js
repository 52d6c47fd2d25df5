/**
 * Notes when the first channel of each connection opens, whoever made the connection. It is imported
 * before every system, so that all are measured by the same clock and the same event.
 */

/** By connection: ms since 1970. */
export const opened = new Map();

/** ms since 1970, finer than those of Date. */
export const now = () => performance.timeOrigin + performance.now();

class NotedConnection extends RTCPeerConnection {
  constructor(...given) {
    super(...given);
    this.addEventListener("datachannel", ({ channel }) => watch(this, channel));
  }

  createDataChannel(...given) {
    const channel = super.createDataChannel(...given);
    watch(this, channel);
    return channel;
  }
}

function watch(connection, channel) {
  const note = () => {
    if (!opened.has(connection)) opened.set(connection, now());
  };
  if (channel.readyState === "open") note();
  else channel.addEventListener("open", note, { once: true });
}

window.RTCPeerConnection = NotedConnection;
