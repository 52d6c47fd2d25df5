/** Runs in a page before its own scripts: `window.steps` says when what happened, in ms since 1970. */
(() => {
  const steps = [];
  window.steps = steps;
  const note = (step) => steps.push([step, Date.now()]);
  const plain = window.fetch;
  window.fetch = async (what, init) => {
    const answer = await plain(what, init);
    if (String(what.url ?? what).endsWith("/negotiate")) note("negotiate is answered");
    return answer;
  };
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener("open", () => note("the socket is open"));
    }
  };
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) {
      super(...given);
      this.addEventListener("iceconnectionstatechange", () => {
        if (this.iceConnectionState === "connected") note("ICE has a path");
      });
      this.addEventListener("connectionstatechange", () => {
        if (this.connectionState === "connected") note("DTLS is done");
      });
    }
    async setRemoteDescription(description) {
      await super.setRemoteDescription(description);
      note("the other's description is set");
    }
    createDataChannel(...given) {
      const channel = super.createDataChannel(...given);
      channel.addEventListener("open", () => note("the channel is open"));
      return channel;
    }
  };
})();
