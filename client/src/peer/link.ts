/** One RTCPeerConnection with its channel and its candidates. What it does, negotiation.ts decides. */
import type { Grant } from "../turn/credential.js";
import type { Candidate, Envelope } from "../wire/protocol.js";
import { Batch } from "./batch.js";
import { Channel } from "./channel.js";
import { closedConnection } from "./closed.js";
import { configure, connect } from "./connection.js";
import { gathered } from "./gathering.js";
import { OwnNetwork } from "./own-network.js";
import { receivedBytes } from "./path.js";
import { withIceLite } from "./setup.js";

/** What a link tells whoever owns it. */
export interface LinkPorts {
  /** negotiationneeded fired. */
  needed(): void;
  /** Our candidates that go in one message. */
  gathered(candidates: Candidate[]): void;
  /** Both descriptions are set. */
  stable(): void;
  /** The state of the connection, of ICE or of the channel is another. */
  changed(): void;
  /** From the channel. */
  received(envelope: Envelope): void;
  /** From the channel for files: text or bytes. */
  file(data: unknown): void;
  /** The channel for files has opened or closed. */
  filesChanged(): void;
  track(event: RTCTrackEvent): void;
  /** This URL is that of no ICE server, says the browser: it was left out. */
  refused(url: string): void;
}

/** Nobody speaks through it yet. */
type OpenPorts = Partial<LinkPorts> & Pick<LinkPorts, "refused">;

/** Our description, with the candidates that gathered in time and are not in it. */
export interface Described {
  sdp: string;
  candidates: Candidate[];
}

export class Link {
  readonly connection: RTCPeerConnection;
  readonly channel: Channel;
  /** The channel for files (files/): both sides have it from the start, so that it costs no negotiation. */
  readonly files: RTCDataChannel;
  /** What its candidates say of the network that we are in. */
  readonly network: OwnNetwork;
  /** What `room.media` sends and receives through (media/slots.ts), once there is something. */
  slots: readonly RTCRtpTransceiver[] | null = null;
  /** The mids of those that the other side has offered. */
  offered: readonly string[] | null = null;
  /** The TURN credential that it was given, or null. */
  grant: Grant | null;
  #ports: OpenPorts;
  #closed = false;
  #isLite = false;
  readonly #batch = new Batch((candidates) => this.#ports.gathered?.(candidates));

  /**
   * `grant` is the one whose ICE servers are in `rtc`, if there is one. `found`: what is known of our
   * network already. Without `rtc`, or if the browser makes no connection, it is broken.
   */
  constructor(
    rtc: RTCConfiguration | null,
    grant: Grant | null,
    ports: OpenPorts,
    found: OwnNetwork["found"] = null,
  ) {
    this.#ports = ports;
    this.connection = (rtc && connect(rtc, ports.refused)) ?? closedConnection();
    this.grant = grant;
    this.channel = new Channel(this.connection, {
      received: (envelope) => this.#ports.received?.(envelope),
      changed: () => this.#changed(),
      bytes: () => receivedBytes(this.connection),
    });
    this.files = this.connection.createDataChannel("heliograph-files", { negotiated: true, id: 1 });
    this.network = new OwnNetwork(this.connection, found, () => this.#changed());
    this.#listen();
  }

  /** Messages can go peer to peer now. */
  get up(): boolean {
    const { open, silent } = this.channel;
    return this.connection.connectionState === "connected" && open && !silent;
  }

  /** No restart of ICE can help any more. */
  get broken(): boolean {
    return this.#closed || this.channel.closed || this.#isGone;
  }

  /** ICE has found a path, whatever becomes of it. */
  get reached(): boolean {
    const { iceConnectionState } = this.connection;
    return iceConnectionState === "connected" || iceConnectionState === "completed";
  }

  /** Who has TURN candidates. */
  get relays(): { readonly ours: boolean; readonly theirs: boolean } {
    const theirs = this.#isGone ? "" : (this.connection.remoteDescription?.sdp ?? "");
    return { ours: this.grant !== null, theirs: theirs.includes(" typ relay") };
  }

  /** From now on it belongs to somebody else. */
  handOver(ports: LinkPorts): void {
    this.#ports = ports;
  }

  /** Its first offer gives way as the ICE agent of either answer: see setup.ts. */
  givesWay(): void {
    this.#isLite = true;
  }

  /** The ICE servers from now on. They count when candidates are gathered the next time. */
  configure(rtc: RTCConfiguration, grant: Grant | null): void {
    if (this.broken) return;
    configure(this.connection, rtc, this.#ports.refused);
    this.grant = grant;
  }

  /**
   * Describes our side: an offer if the connection is stable, else an answer (W3C WebRTC §4.4.1.5).
   * Resolves after `gatherMs`, or when all candidates have gathered. Rejects if the browser refuses.
   */
  async describe(gatherMs: number): Promise<Described> {
    this.#batch.pause();
    await this.#setLocal();
    await gathered(this.connection, gatherMs);
    // Over TCP browsers only connect, and nobody would listen (RFC 6544 §4.1): that is no path.
    const sdp = this.connection.localDescription?.sdp.replace(/.+ tcp .+\n/gi, "") ?? "";
    // Those that had gathered are in the description too: they are not sent twice.
    const candidates = this.#batch.take().filter(({ candidate }) => !isIn(sdp, candidate));
    return { sdp, candidates };
  }

  /** Their description, then their candidates. Rejects if the browser refuses the description. */
  async set(
    type: "offer" | "answer",
    sdp: string,
    candidates: readonly Candidate[],
  ): Promise<void> {
    this.#batch.pause();
    const set = this.connection.setRemoteDescription({ type, sdp });
    this.add(candidates); // they wait behind it, in the connection's chain of operations
    await set;
  }

  /** Back to stable. `side` says whose offer is dropped. Rejects if the browser refuses. */
  async rollback(side: "local" | "remote"): Promise<void> {
    // JSEP makes both calls alike (RFC 8829 §5.7), but not every browser does.
    if (side === "local") await this.connection.setLocalDescription({ type: "rollback" });
    else await this.connection.setRemoteDescription({ type: "rollback", sdp: "" });
  }

  add(candidates: readonly Candidate[]): void {
    for (const candidate of candidates) {
      // One of an offer that was dropped, or of a kind this browser does not know: others will do.
      this.connection.addIceCandidate(candidate).catch(() => {});
    }
  }

  /** Our candidates so far belong to a pair that has another name now. */
  forgetCandidates(): void {
    this.#batch.clear();
  }

  /** The description was sent, so the candidates after it can be. */
  sendCandidates(): void {
    this.#batch.resume();
  }

  /** Says and hears nothing any more. The connection itself stays open until `lastRead` settles. */
  close(lastRead?: Promise<void>): void {
    const { connection } = this;
    this.#closed = true;
    this.#batch.clear();
    this.network.close();
    this.channel.close();
    this.files.onmessage = null;
    this.files.close();
    connection.onnegotiationneeded = connection.onicecandidate = connection.ontrack = null;
    connection.onsignalingstatechange = connection.onicegatheringstatechange = null;
    if (lastRead && this.reached) void lastRead.finally(() => connection.close());
    else connection.close();
  }

  /** Closed, also by the application. Firefox then throws when it is asked for a description. */
  get #isGone(): boolean {
    return this.connection.signalingState === "closed";
  }

  async #setLocal(): Promise<void> {
    const { connection } = this;
    if (!this.#isLite) return connection.setLocalDescription();
    this.#isLite = false;
    const { type, sdp = "" } = await connection.createOffer();
    // Firefox takes no words but its own. Such an offer waits for others and meets none.
    await connection
      .setLocalDescription({ type, sdp: withIceLite(sdp) })
      .catch(() => connection.setLocalDescription());
  }

  #listen(): void {
    const { connection, files } = this;
    files.binaryType = "arraybuffer";
    files.onmessage = ({ data }) => this.#ports.file?.(data);
    files.onopen = files.onclose = () => this.#ports.filesChanged?.();
    connection.onnegotiationneeded = () => this.#ports.needed?.();
    connection.onicecandidate = ({ candidate }) => {
      if (candidate?.protocol === "udp") this.#batch.add(candidate.toJSON() as Candidate);
    };
    connection.onicegatheringstatechange = () => {
      if (connection.iceGatheringState === "complete") this.#batch.end();
    };
    connection.onconnectionstatechange = () => this.#changed();
    connection.onsignalingstatechange = () => {
      if (connection.signalingState !== "stable") return;
      if (connection.currentRemoteDescription) this.#ports.stable?.();
    };
    connection.ontrack = (event) => this.#ports.track?.(event);
  }

  #changed(): void {
    if (!this.#closed) this.#ports.changed?.();
  }
}

/** Chromium names the fragment of the username in candidates, and not in those of a description. */
function isIn(sdp: string, candidate: string): boolean {
  return sdp.includes(candidate) || sdp.includes(candidate.replace(/ ufrag \S+/, ""));
}
