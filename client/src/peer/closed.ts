/**
 * In place of a connection that the browser has not made: what a closed one says (W3C WebRTC
 * §4.4.3). Its channels are closed too. What would negotiate is missing, so that it fails.
 */
const refuse = () => {
  throw new DOMException("closed", "InvalidStateError");
};
const none = () => [];

class Closed extends EventTarget {
  readonly connectionState = "closed";
  readonly iceConnectionState = "closed";
  readonly signalingState = "closed";
  readonly readyState = "closed"; // of a channel
  readonly localDescription = null;
  readonly remoteDescription = null;
  readonly addTrack = refuse;
  readonly addTransceiver = refuse;
  readonly getSenders = none;
  readonly getReceivers = none;
  readonly getTransceivers = none;
  readonly getConfiguration = () => ({});
  readonly getStats = async () => new Map();
  readonly createDataChannel = () => new Closed();
  close(): void {}
}

/** It has no end to anywhere, and never will. */
export const closedConnection = () => new Closed() as unknown as RTCPeerConnection;
