/** Resolves when all candidates have gathered, or after `ms`. */
export function gathered(connection: RTCPeerConnection, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (connection.iceGatheringState === "complete") done();
    };
    const done = () => {
      clearTimeout(timer);
      connection.removeEventListener("icegatheringstatechange", check);
      resolve();
    };
    const timer = setTimeout(done, ms);
    connection.addEventListener("icegatheringstatechange", check);
    check();
  });
}
