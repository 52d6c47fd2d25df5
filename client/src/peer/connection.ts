/**
 * Makes connections, also where the browser refuses one.
 *
 * | `new RTCPeerConnection` throws | Then |
 * |---|---|
 * | with these ICE servers alone | those that it refuses are left out, and told; the others count |
 * | without them too (Chromium: some 500 at once) | none is made; who needs it tries again later |
 */

/** Is told of each URL that this browser refuses as that of an ICE server. */
export type Refused = (url: string) => void;

/** Null: the browser makes no connection now. It never throws. */
export function connect(rtc: RTCConfiguration, refused: Refused): RTCPeerConnection | null {
  try {
    return new RTCPeerConnection(rtc);
  } catch {
    return connectWithout(rtc, refused);
  }
}

/** Sets what the browser takes of `rtc`. It never throws; a closed connection is left as it is. */
export function configure(
  connection: RTCPeerConnection,
  rtc: RTCConfiguration,
  refused: Refused,
): void {
  const takes = (iceServers: RTCIceServer[]) => {
    try {
      connection.setConfiguration({ ...rtc, iceServers });
      return true;
    } catch {
      return false;
    }
  };
  const { iceServers: all = [] } = rtc;
  if (takes(all) || !takes([])) return; // or it is not the servers
  let taken: RTCIceServer[] = [];
  for (const server of all) {
    for (const urls of [server.urls].flat()) {
      const more = [...taken, { ...server, urls }];
      if (takes(more)) taken = more;
      else refused(urls);
    }
  }
}

function connectWithout(rtc: RTCConfiguration, refused: Refused): RTCPeerConnection | null {
  try {
    const connection = new RTCPeerConnection({ ...rtc, iceServers: [] });
    configure(connection, rtc, refused);
    return connection;
  } catch {
    return null;
  }
}
