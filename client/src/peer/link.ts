/** One RTCPeerConnection and its perfect negotiation (W3C WebRTC §10.7). */

import type { Grant } from "../turn/credential.js";
import type { Candidate, CandidateBatch, Description, Envelope } from "../wire/protocol.js";
import { Batch } from "./batch.js";
import { Channel } from "./channel.js";
import { gathered } from "./gathering.js";
import { Outbox, type Sent } from "./outbox.js";
import type { LinkPorts, LinkSetup } from "./ports.js";

const COMPANY = 30; // ms that a description waits for host candidates
const GATHERING = 2_000; // ms that a parked offer waits for all candidates

export class Link {
  readonly connection: RTCPeerConnection;
  readonly channel: Channel;
  /** When its owner began to wait for it. */
  since = Date.now();
  /** Names this pair of connections; the first accepted offer's wins. */
  pc: string;
  /** The relay that it was given. */
  grant: Grant | null;
  #ports: LinkPorts;
  #polite: boolean;
  #quiet: boolean;
  #closed = false;
  #round = 0; // of offers taken
  #making = false;
  #answering = false; // an answer of theirs is being set
  #described = false; // they have described themselves
  #restarting = false;
  #offer: Sent | null = null;
  #answer: (Sent & { to: number }) | null = null;
  readonly #outbox = new Outbox(
    () => this.#ports.nextSeq(),
    (envelope) => this.#pass(envelope),
  );
  readonly #batch = new Batch((candidates) => {
    this.#outbox.send({ kind: "candidates", body: { pc: this.pc, candidates } }, !this.up);
  });

  constructor(setup: LinkSetup) {
    const { pc, polite, quiet, rtc, grant, ports } = setup;
    this.pc = pc;
    this.grant = grant;
    this.#polite = polite;
    this.#quiet = quiet;
    this.#ports = ports;
    this.connection = new RTCPeerConnection(rtc);
    this.channel = new Channel(this.connection, {
      received: (envelope) => this.#ports.received(envelope),
      changed: () => this.#changed(),
    });
    this.#listen();
  }

  /** Messages can go peer to peer now. */
  get up(): boolean {
    return this.connection.connectionState === "connected" && this.channel.open;
  }

  /** No restart of ICE can help any more. */
  get broken(): boolean {
    return this.#closed || this.channel.closed || this.connection.connectionState === "closed";
  }

  /** ICE has found a path, whatever comes of it. */
  get reached(): boolean {
    const { iceConnectionState } = this.connection;
    return iceConnectionState === "connected" || iceConnectionState === "completed";
  }

  /** A relay is among the candidates, ours or theirs. */
  get relayed(): boolean {
    const theirs = this.connection.remoteDescription?.sdp ?? "";
    return this.grant !== null || theirs.includes(" typ relay");
  }

  /** It waits, and makes no offer by itself. */
  get quiet(): boolean {
    return this.#quiet;
  }

  /** Nothing has been said on either side; they go first. */
  get waits(): boolean {
    return this.#quiet && !this.#described && !this.broken;
  }

  /** Could an offer that names `pc` be for this link? */
  takes(pc: string): boolean {
    return !this.broken && (pc === this.pc || !this.#described);
  }

  /** An offer for whoever comes, complete with its candidates; null if the link was closed. */
  async park(): Promise<Description | null> {
    const sdp = await this.#describe().catch(() => null);
    if (sdp !== null) await gathered(this.connection, GATHERING);
    if (this.#closed || sdp === null) return null;
    return { pc: this.pc, sdp, candidates: this.#batch.take() };
  }

  /** Somebody took the parked offer. */
  claim(polite: boolean, ports: LinkPorts): void {
    this.#polite = polite;
    this.#ports = ports;
    this.#quiet = false;
    this.since = Date.now();
  }

  /** True if the offer is taken, false if ours goes first. */
  takeOffer(seq: number, body: Description): boolean {
    const { signalingState } = this.connection;
    const collision = this.#making || (signalingState !== "stable" && !this.#answering);
    if (collision && !this.#polite) {
      this.#outbox.repeat(this.#offer);
      return false;
    }
    this.#quiet = false;
    this.#round += 1;
    this.#settle();
    if (body.pc !== this.pc) {
      this.pc = body.pc;
      this.#batch.clear();
    }
    this.#do(() => this.#answerTo(seq, body));
    return true;
  }

  /** True if the answer fits the offer that is out. */
  takeAnswer(body: Description): boolean {
    if (this.connection.signalingState !== "have-local-offer" || this.#making) return false;
    if (this.#answering || body.pc !== this.pc) return false;
    this.#answering = true;
    this.#offer?.stop();
    this.#offer = null;
    this.#do(async () => {
      try {
        await this.#remote("answer", body);
      } finally {
        this.#answering = false;
      }
      this.#batch.resume();
    });
    return true;
  }

  /** False if they came before their description. */
  takeCandidates({ pc, candidates }: CandidateBatch): boolean {
    if (pc !== this.pc || !this.#described) return false;
    for (const candidate of candidates) this.#add(candidate);
    return true;
  }

  /** The offer came again, so our answer was lost: it goes again. */
  repeatAnswer(offerSeq: number): boolean {
    if (this.#answer?.to !== offerSeq) return false;
    this.#outbox.repeat(this.#answer);
    return true;
  }

  /** They could not hear before: what has had no effect yet goes again now. */
  repeat(): void {
    if (this.up) return;
    this.#outbox.repeat(this.#offer);
    this.#outbox.repeat(this.#answer);
    this.#outbox.repeatBatches();
  }

  /** The ICE servers from now on: they count when candidates are gathered the next time. */
  configure(rtc: RTCConfiguration, grant: Grant | null): void {
    if (this.broken) return;
    try {
      this.connection.setConfiguration(rtc);
      this.grant = grant;
    } catch {
      // A server that this browser does not understand: it goes on with those it has.
    }
  }

  /** Please restart ICE: only the impolite side does. */
  askRestart(): void {
    this.#outbox.send({ kind: "restart", body: { pc: this.pc } }, false);
  }

  /** Find a new path; an offer that is out already is the restart. True if a new one begins. */
  restart(): boolean {
    if (this.#quiet) {
      this.#quiet = false;
      this.#do(() => this.#makeOffer());
    } else if (this.connection.signalingState === "have-local-offer") {
      this.#outbox.repeat(this.#offer);
    } else {
      this.#restarting = this.#described;
      this.connection.restartIce();
      return this.#restarting;
    }
    return false;
  }

  /** Says and hears nothing any more; the connection itself stays until it is `read`. */
  close(read?: Promise<void>): void {
    const { connection } = this;
    this.#closed = true;
    this.#settle();
    this.#batch.clear();
    this.channel.close();
    connection.onnegotiationneeded = connection.onicecandidate = connection.ontrack = null;
    connection.onsignalingstatechange = connection.onicegatheringstatechange = null;
    if (read && this.reached) void read.finally(() => connection.close());
    else connection.close();
  }

  #listen(): void {
    const { connection } = this;
    connection.onnegotiationneeded = () => {
      if (!this.#quiet) this.#do(() => this.#makeOffer());
    };
    connection.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) this.#batch.add(candidate.toJSON() as Candidate);
    };
    connection.onicegatheringstatechange = () => {
      if (connection.iceGatheringState === "complete") this.#batch.end();
    };
    connection.onconnectionstatechange = () => this.#changed();
    connection.onsignalingstatechange = () => {
      if (this.#described && connection.signalingState === "stable") this.#ports.described();
    };
    connection.ontrack = (event) => this.#ports.track(event);
  }

  async #makeOffer(): Promise<void> {
    const round = this.#round;
    // Meanwhile a polite side may have taken theirs instead.
    const overtaken = () => this.#closed || round !== this.#round;
    this.#making = true;
    let sdp: string;
    try {
      await this.#ports.ready();
      if (overtaken()) return;
      sdp = await this.#describe();
    } finally {
      this.#making = false;
    }
    await gathered(this.connection, COMPANY);
    if (overtaken()) return;
    const restart = this.#restarting ? { restart: true } : {};
    const relay = this.#ports.bring ? { relay: true } : {};
    this.#restarting = false;
    const body = { pc: this.pc, sdp, candidates: this.#batch.take(), ...restart, ...relay };
    this.#offer?.stop();
    this.#offer = this.#outbox.send({ kind: "offer", body }, true);
    this.#batch.resume();
  }

  async #answerTo(seq: number, body: Description): Promise<void> {
    const round = this.#round;
    const overtaken = () => this.#closed || round !== this.#round;
    this.#batch.pause();
    await this.#remote("offer", body);
    await this.#ports.ready(body);
    if (overtaken()) return;
    const sdp = await this.#describe();
    await gathered(this.connection, COMPANY);
    if (overtaken()) return;
    const answer = { pc: this.pc, sdp, candidates: this.#batch.take() };
    this.#answer = { ...this.#outbox.send({ kind: "answer", body: answer }, !this.up), to: seq };
    this.#batch.resume();
  }

  async #describe(): Promise<string> {
    this.#batch.pause();
    await this.connection.setLocalDescription();
    return this.connection.localDescription?.sdp ?? "";
  }

  /** Their candidates queue behind the description in the connection's own chain of operations. */
  async #remote(type: "offer" | "answer", body: Description): Promise<void> {
    this.#described = true;
    const described = this.connection.setRemoteDescription({ type, sdp: body.sdp });
    for (const candidate of body.candidates ?? []) this.#add(candidate);
    await described;
  }

  #add(candidate: Candidate): void {
    // A candidate of an offer that lost, or of a kind this browser does not know: others will do.
    this.connection.addIceCandidate(candidate).catch(() => {});
  }

  #pass(envelope: Envelope): void {
    if (this.#closed) return;
    if (!(this.up && this.channel.trySend(envelope))) this.#ports.post(envelope);
  }

  /** What was sent for the sake of a connection has had its effect, or is void. */
  #settle(offerToo = true): void {
    this.#outbox.settleBatches();
    this.#answer?.stop();
    if (!offerToo) return;
    this.#offer?.stop();
    this.#offer = null;
  }

  #changed(): void {
    if (this.#closed) return;
    if (this.up) this.#settle(false);
    this.#ports.changed();
  }

  /** What fails after `close` fails because of it. */
  #do(task: () => Promise<void>): void {
    task().catch((error) => {
      if (!this.#closed) this.#ports.failed(error);
    });
  }
}
