/** One other member: the link to it, when to replace the link, and what of it the page sees. */
import { drawPc } from "./ids.js";
import { Link } from "./link.js";
import { watchPath } from "./path.js";
import type { LinkPorts, PeerPorts, Profile } from "./ports.js";
import type { Description, Envelope, Negotiation } from "./protocol.js";
import { Recovery } from "./recovery.js";
import type { LeftReason, Path, Peer, PeerState, Role } from "./types.js";

const PATIENCE = 10_000; // ms for a first connection
const BLINK = 2_500; // ms in which ICE may find its way back by itself
const BROKEN = 1_000; // ms: the news that the peer has left is probably on its way

export class RemotePeer implements Peer {
  readonly id: string;
  name: string;
  role: Role;
  path: Path = "server";
  state: PeerState = "connecting";
  /** Why its seat is gone, while its connection may still work. */
  absent: LeftReason | null = null;
  readonly #ports: PeerPorts;
  readonly #polite: boolean;
  readonly #recovery = new Recovery(
    (attempt) => this.#recover(attempt),
    () => this.#giveUp(),
  );
  #link: Link;
  #announced: Link | null = null; // the link that the page has been told of
  #newest = -1; // seq of the last description taken
  #wasUp = false;
  #closed = false;

  /** We offer, or we wait for its offer, or it took the link that we had parked. */
  constructor(id: string, profile: Profile, ports: PeerPorts, start: "offer" | "wait" | Link) {
    this.id = id;
    this.name = profile.name;
    this.role = profile.role;
    this.#ports = ports;
    this.#polite = ports.self < id; // W3C WebRTC §10.7; docs/protocol.md §5
    this.#link = start instanceof Link ? start : this.#draw(start === "wait");
    if (start instanceof Link) start.claim(this.#polite, this.#linkPorts());
    this.#recovery.due(PATIENCE);
  }

  get connection(): RTCPeerConnection {
    return this.#link.connection;
  }

  /** Its connection works. */
  get up(): boolean {
    return this.#link.up;
  }

  /** In band, in order: false if the channel is not open. Throws `too_large`. */
  async say(envelope: Envelope): Promise<boolean> {
    return this.#link.up && (await this.#link.channel.send(envelope));
  }

  sayBye(envelope: Envelope): void {
    if (this.#link.up) this.#link.channel.trySend(envelope);
  }

  meet({ name, role }: Profile): void {
    this.absent = null;
    if (this.name === name && this.role === role) return;
    this.name = name;
    this.role = role;
    this.#ports.updated(this);
  }

  /** Its socket is open: until now it heard nothing, for the servers keep no mailbox. */
  repeat(): void {
    if (!this.#closed) this.#link.repeat();
  }

  /** There is news of the peer, and no connection: try again. */
  revive(): void {
    if (this.up || this.#closed || Date.now() - this.#link.since < BLINK) return;
    this.#recovery.again(0);
    this.#show();
  }

  /** We offer: the page may add its tracks first. */
  announce(): void {
    if (this.#announced === this.#link) return;
    this.#announced = this.#link;
    this.#ports.connection(this);
  }

  receive(seq: number, message: Negotiation): void {
    if (this.#closed) return;
    switch (message.kind) {
      case "offer":
        this.#takeOffer(seq, message.body);
        break;
      case "answer":
        this.#takeAnswer(seq, message.body);
        break;
      case "candidates":
        if (this.#link.takeCandidates(message.body)) break;
        this.#ports.held.put(this.id, message.body.pc, message.body.candidates);
        break;
      case "restart":
        this.#takeRestart(message.body.pc);
    }
  }

  /** The peer answered our parked offer: that link is the one. */
  adopt(link: Link, seq: number, answer: Description): void {
    if (seq <= this.#newest) {
      link.close();
      return;
    }
    if (link !== this.#link) {
      link.claim(this.#polite, this.#linkPorts());
      this.#replace(link);
    }
    this.announce();
    this.#takeAnswer(seq, answer);
  }

  close(): void {
    this.#closed = true;
    this.#recovery.reset();
    this.#link.close();
  }

  #takeOffer(seq: number, body: Description): void {
    if (this.#link.repeatAnswer(seq) || seq <= this.#newest) return;
    if (!this.#link.takes(body.pc)) {
      // They restart what we do not have: only a new pair can work, and we offer it.
      this.#replace(this.#draw(!body.restart));
      if (body.restart) return;
    }
    this.announce();
    if (!this.#link.takeOffer(seq, body)) return;
    this.#described(seq);
  }

  #takeAnswer(seq: number, body: Description): void {
    if (seq <= this.#newest) return;
    if (this.#link.takeAnswer(body)) {
      this.#described(seq);
    } else if (this.#link.waits) {
      // They took an offer that we had parked and have since withdrawn, and wait for us.
      this.#newest = seq;
      this.#link.restart();
    }
  }

  #described(seq: number): void {
    this.#newest = seq;
    const { pc } = this.#link;
    const candidates = this.#ports.held.take(this.id, pc);
    if (candidates.length > 0) this.#link.takeCandidates({ pc, candidates });
  }

  /** Only one side starts a restart: the impolite one. */
  #takeRestart(pc: string): void {
    if (this.#polite) return;
    if (pc === this.#link.pc && !this.#link.broken) this.#restart();
    else if (!this.up && Date.now() - this.#link.since > BLINK) this.#replace(this.#draw());
  }

  #recover(attempt: number): void {
    if (this.#polite) {
      const envelope = { v: 1 as const, seq: this.#ports.nextSeq(), to: this.id };
      this.#ports.post({ ...envelope, kind: "restart", body: { pc: this.#link.pc } });
    } else if (attempt > 2 || this.#link.broken) {
      this.#replace(this.#draw());
    } else {
      this.#restart();
    }
  }

  #restart(): void {
    this.announce();
    this.connection.setConfiguration(this.#ports.rtc()); // the credentials may be newer
    this.#link.restart();
  }

  #giveUp(): void {
    this.#show();
    this.#ports.failed("A peer could not be connected; its messages go through the server.");
  }

  #replace(link: Link): void {
    this.#link.close();
    this.#link = link;
    this.#show();
    if (!link.quiet) this.announce();
  }

  #draw(quiet = false): Link {
    const [polite, rtc, ports] = [this.#polite, this.#ports.rtc(), this.#linkPorts()];
    return new Link({ pc: drawPc(), polite, quiet, rtc, ports });
  }

  /** A link that is closed says nothing any more, so these need not ask which link speaks. */
  #linkPorts(): LinkPorts {
    return {
      nextSeq: () => this.#ports.nextSeq(),
      post: (envelope) => this.#ports.post({ ...envelope, to: this.id }),
      received: (envelope) => this.#received(envelope),
      changed: () => this.#changed(),
      failed: () => this.#ports.failed("A description was not understood."),
      track: (event) => this.#ports.track(this, event),
    };
  }

  #received(envelope: Envelope): void {
    switch (envelope.kind) {
      case "text":
      case "data":
      case "bye":
        this.#ports.heard(this, envelope);
        break;
      default:
        this.receive(envelope.seq, envelope);
    }
  }

  #changed(): void {
    const { connectionState } = this.connection;
    if (this.up) {
      this.#wasUp = true;
      this.#recovery.reset();
      const link = this.#link;
      watchPath(
        link.connection,
        () => link === this.#link && link.up,
        (path) => this.#show(path),
      );
    } else if (this.#link.broken) {
      this.#recovery.due(BROKEN);
    } else if (connectionState === "disconnected" || connectionState === "failed") {
      this.#recovery.due(connectionState === "failed" ? 0 : BLINK);
    }
    this.#show();
  }

  #show(path: Path = this.up ? this.path : "server"): void {
    const state = this.#state();
    if (this.#closed || (state === this.state && path === this.path)) return;
    this.state = state;
    this.path = path;
    this.#ports.updated(this);
  }

  #state(): PeerState {
    if (this.up) return "connected";
    if (this.#recovery.exhausted) return "failed";
    return this.#wasUp ? "reconnecting" : "connecting";
  }
}
