/**
 * An `RTCPeerConnection` without a network, for tests in Node: descriptions and signaling states as
 * W3C WebRTC §4.4.1.5 has them, and a `connect` by which a test brings the connection up.
 */
import { vi } from "vitest";

type Handler = ((event: Event) => void) | null;

/** Fires events at listeners and at the `on…` property, as the browser does. */
class Target extends EventTarget {
  fire(type: string, more: object = {}): void {
    const event = Object.assign(new Event(type), more);
    this.dispatchEvent(event);
    (this as unknown as Record<string, Handler>)[`on${type}`]?.(event);
  }
}

export class TestChannel extends Target {
  readyState: RTCDataChannelState = "connecting";
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  readonly sent: string[] = [];

  send(text: string): void {
    if (this.readyState !== "open") throw new DOMException("not open", "InvalidStateError");
    this.sent.push(text);
  }

  close(): void {
    this.readyState = "closed";
  }

  /** The peer sends this. */
  receive(value: unknown): void {
    this.fire("message", { data: JSON.stringify(value) });
  }
}

let names = 0;

export class TestPeerConnection extends Target {
  /** All of them, in the order in which they were made. */
  static readonly all: TestPeerConnection[] = [];
  /** URLs of ICE servers that this browser refuses. */
  static readonly refused = new Set<string>();
  /** It makes so many, and no more. */
  static limit = Number.POSITIVE_INFINITY;
  /** How often it was asked for one. */
  static asked = 0;

  connectionState: RTCPeerConnectionState = "new";
  iceConnectionState: RTCIceConnectionState = "new";
  iceGatheringState: RTCIceGatheringState = "complete";
  signalingState: RTCSignalingState = "stable";
  #local: RTCSessionDescriptionInit | null = null;
  #remote: RTCSessionDescriptionInit | null = null;
  readonly sctp = null;
  readonly candidates: RTCIceCandidateInit[] = [];
  channel = new TestChannel();
  readonly files = new TestChannel();
  readonly #name = `connection-${++names}`;
  #configuration: RTCConfiguration;
  #needed = false;

  constructor(configuration: RTCConfiguration = {}) {
    super();
    TestPeerConnection.asked += 1;
    requireUsable(configuration);
    if (TestPeerConnection.all.length >= TestPeerConnection.limit) {
      throw new DOMException("Cannot create so many PeerConnections", "UnknownError"); // Chromium's
    }
    this.#configuration = configuration;
    TestPeerConnection.all.push(this);
  }

  /** Throws if the connection is closed, as in Firefox; so do the next two. */
  get localDescription(): RTCSessionDescriptionInit | null {
    this.#requireOpen();
    return this.#local;
  }

  get remoteDescription(): RTCSessionDescriptionInit | null {
    this.#requireOpen();
    return this.#remote;
  }

  get currentRemoteDescription(): RTCSessionDescriptionInit | null {
    return this.signalingState === "stable" ? this.remoteDescription : null;
  }

  createDataChannel(label: string): TestChannel {
    this.#negotiationNeeded();
    return label === "heliograph-files" ? this.files : this.channel;
  }

  async createOffer(): Promise<RTCSessionDescriptionInit> {
    return { type: "offer", sdp: `v=0 offer of ${this.#name}\r\nm=application\r\n` };
  }

  async setLocalDescription(description?: RTCSessionDescriptionInit): Promise<void> {
    await Promise.resolve();
    this.#requireOpen();
    if (description?.type === "rollback") return this.#become("stable");
    const type = this.signalingState === "have-remote-offer" ? "answer" : "offer";
    this.#needed = false; // the description says all that was asked for
    this.#local = description ?? { type, sdp: `v=0 ${type} of ${this.#name}` };
    this.#become(type === "offer" ? "have-local-offer" : "stable");
  }

  async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    await Promise.resolve();
    this.#requireOpen();
    if (description.type === "rollback") return this.#become("stable");
    const isAnswer = description.type === "answer";
    if (isAnswer && this.signalingState !== "have-local-offer") {
      throw new DOMException("no offer to answer", "InvalidStateError");
    }
    this.#remote = description;
    this.#become(isAnswer ? "stable" : "have-remote-offer");
  }

  async addIceCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    this.candidates.push(candidate);
  }

  restartIce(): void {
    this.#negotiationNeeded();
  }

  setConfiguration(configuration: RTCConfiguration): void {
    requireUsable(configuration);
    this.#configuration = configuration;
  }

  getConfiguration(): RTCConfiguration {
    return this.#configuration;
  }

  getTransceivers(): [] {
    return [];
  }

  async getStats(): Promise<Map<string, object>> {
    return new Map();
  }

  /** Whoever closes it is told by no event (W3C WebRTC §4.4.1.2). */
  close(): void {
    this.connectionState = "closed";
    this.signalingState = "closed";
    this.channel.readyState = this.files.readyState = "closed";
  }

  /** ICE, DTLS and the channel come up. */
  connect(): void {
    this.iceConnectionState = "connected";
    this.connectionState = "connected";
    this.channel.readyState = "open";
    this.fire("iceconnectionstatechange");
    this.fire("connectionstatechange");
    this.channel.fire("open");
  }

  /** The network between the two is gone. */
  disconnect(): void {
    this.iceConnectionState = "disconnected";
    this.connectionState = "disconnected";
    this.fire("iceconnectionstatechange");
    this.fire("connectionstatechange");
  }

  #become(state: RTCSignalingState): void {
    if (this.signalingState === state) return;
    this.signalingState = state;
    this.fire("signalingstatechange");
  }

  /** Fires in a task of its own, if nothing has answered the need by then (W3C WebRTC §4.7.3). */
  #negotiationNeeded(): void {
    this.#needed = true;
    setTimeout(() => {
      if (this.#needed && this.signalingState === "stable") this.fire("negotiationneeded");
    }, 0);
  }

  #requireOpen(): void {
    if (this.signalingState === "closed") throw new DOMException("closed", "InvalidStateError");
  }
}

/** W3C WebRTC §4.4.1.6: the first one that is no use is an error, and nothing changes. */
function requireUsable({ iceServers = [] }: RTCConfiguration): void {
  for (const url of iceServers.flatMap(({ urls }) => urls)) {
    if (TestPeerConnection.refused.has(url)) throw new DOMException(url, "SyntaxError");
  }
}

/** From now on `new RTCPeerConnection` makes these; `vi.unstubAllGlobals` ends it. */
export function installConnections(): void {
  TestPeerConnection.all.length = TestPeerConnection.asked = 0;
  TestPeerConnection.refused.clear();
  TestPeerConnection.limit = Number.POSITIVE_INFINITY;
  vi.stubGlobal("RTCPeerConnection", TestPeerConnection);
}
