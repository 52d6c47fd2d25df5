/** One other member: the link to it, when to replace the link, and what of it the page sees. */
import type { ConnectionRecorder } from "../report/recorder.js";
import { withTimeout } from "../timing/backoff.js";
import type { SelectedPath } from "../turn/access.js";
import type { TurnCredential } from "../turn/credential.js";
import type { Path, Peer, PeerState, Role } from "../types.js";
import { createPc } from "../wire/ids.js";
import type { Description, Envelope, Negotiation } from "../wire/protocol.js";
import { Escalation } from "./escalation.js";
import { Link } from "./link.js";
import { watchPath } from "./path.js";
import type { LinkPorts, PeerPorts, Profile } from "./ports.js";
import { Recovery } from "./recovery.js";

const PATIENCE = 10_000; // ms for a first connection
const BLINK = 2_500; // ms in which ICE may find its way back by itself
const BROKEN = 1_000; // ms: the news that the peer has left is probably on its way
const ASKING = 5_000; // ms that a restart waits for our relay

/** We offer, or we wait for its offer, or it took the link that we had parked. */
export type Start = "offer" | "wait" | Link;

export interface Meeting {
  id: string;
  profile: Profile;
  start: Start;
  /** It was there when we came. */
  newcomer: boolean;
  /** ms that the negotiate call took which led us to it. */
  admitMs?: number | undefined;
}

export class RemotePeer implements Peer {
  readonly id: string;
  name: string;
  role: Role;
  path: Path = "server";
  state: PeerState = "connecting";
  /** Its seat is gone, or may go; its connection may still work. */
  absent = false;
  readonly #ports: PeerPorts;
  readonly #polite: boolean;
  readonly #recovery = new Recovery(
    (attempt) => this.#recover(attempt),
    () => this.#giveUp(),
  );
  readonly #credential: TurnCredential;
  readonly #recorder: ConnectionRecorder;
  readonly #escalation = new Escalation({
    stuck: () => this.#stuck,
    tried: () => this.#link.grant !== null && this.#link.grant === this.#credential.fresh,
    relayed: () => this.#link.relayed,
    act: (stage) => this.#escalate(stage),
  });
  #link: Link;
  #announced: Link | null = null; // the link that the page has been told of
  #newest = -1; // seq of the last description taken
  #wasUp = false;
  #closed = false;

  constructor({ id, profile, start, newcomer, admitMs }: Meeting, ports: PeerPorts) {
    this.id = id;
    this.name = profile.name;
    this.role = profile.role;
    this.#ports = ports;
    this.#polite = ports.self < id; // W3C WebRTC §10.7; docs/protocol.md §5
    this.#credential = ports.turn.createCredential(id, newcomer);
    this.#recorder = ports.reports.createRecorder({
      first: !this.#polite,
      admitMs,
      turn: () => this.#credential.status,
      peerGone: () => this.absent,
    });
    this.#link = start instanceof Link ? start : this.#draw(start === "wait");
    if (start instanceof Link) this.#claim(start);
    this.#recorder.follow(this.#link.connection);
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
    this.absent = false;
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
    this.#escalation.reset();
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
      this.#claim(link);
      this.#replace(link);
    }
    this.announce();
    this.#takeAnswer(seq, answer);
  }

  close(): void {
    this.#closed = true;
    this.#recovery.reset();
    this.#escalation.reset();
    const read = this.#recorder.read();
    void this.#ports.reports.end(this.#recorder, read);
    this.#credential.close();
    this.#link.close(read);
  }

  #claim(link: Link): void {
    link.claim(this.#polite, this.#linkPorts());
    this.#credential.adopt(link.grant);
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
    if (body.restart) this.#recorder.retried();
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
    this.#recorder.mark("described");
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
      this.#link.askRestart();
    } else if (attempt > 2 || this.#link.broken) {
      this.#replace(this.#draw());
    } else {
      this.#restart();
    }
  }

  #restart(): void {
    this.announce();
    this.#configure(); // the credentials may be newer
    if (this.#link.restart()) this.#recorder.retried();
  }

  #configure(link = this.#link): void {
    const { grant } = this.#credential;
    link.configure(this.#ports.turn.configuration(grant), grant);
  }

  /** Without a path, where a relay may help. Only one side sees to that: the impolite one. */
  get #stuck(): boolean {
    if (this.#polite || this.#closed || this.absent || !this.#ports.turn.allowed) return false;
    return !this.up && !this.#link.reached && !this.#link.broken;
  }

  async #escalate(stage: "ours" | "both"): Promise<void> {
    const link = this.#link;
    if (stage === "ours" && !this.#credential.fresh) {
      if (!(await withTimeout(ASKING, this.#credential.request()))) this.#escalation.refused();
    }
    if (link === this.#link && this.#stuck) this.#restart();
  }

  /** Who needs a relay from the start, or is asked to bring one, has it before the description. */
  #ready(link: Link, offer?: Description): Promise<void> | undefined {
    const patience = link.up && !offer?.relay ? 0 : this.#ports.turn.waitMs(offer);
    if (patience === 0) return undefined;
    return this.#bring(link, patience);
  }

  async #bring(link: Link, patience: number): Promise<void> {
    if (!this.#credential.grant) await withTimeout(patience, this.#credential.request());
    if (link.grant !== this.#credential.grant) this.#configure(link);
  }

  /** The old path carries until ICE has nominated one of the new relay. */
  #renewed(): void {
    if (this.#polite) {
      this.#configure();
      this.#link.askRestart();
    } else {
      this.#restart();
    }
  }

  #giveUp(): void {
    this.#show();
    this.#ports.failed(
      "connection_failed",
      "A peer could not be connected; its messages go through the server.",
    );
  }

  #replace(link: Link): void {
    this.#link.close(this.#recorder.read());
    this.#link = link;
    this.#recorder.follow(link.connection);
    this.#show();
    if (!link.quiet) this.announce();
  }

  #draw(quiet = false): Link {
    const { grant } = this.#credential;
    const rtc = this.#ports.turn.configuration(grant);
    const [polite, ports] = [this.#polite, this.#linkPorts()];
    return new Link({ pc: createPc(), polite, quiet, rtc, grant, ports });
  }

  /** A link that is closed says nothing any more, so these need not ask which link speaks. */
  #linkPorts(): LinkPorts {
    const escalation = this.#escalation;
    return {
      get bring() {
        return escalation.stage === "both";
      },
      ready: (offer) => this.#ready(this.#link, offer),
      described: () => {
        this.#recorder.mark("set");
        if (!this.up) escalation.watch();
      },
      nextSeq: () => this.#ports.signaling.nextSeq(),
      post: (envelope) => this.#post(envelope),
      received: (envelope) => this.#received(envelope),
      changed: () => this.#changed(),
      failed: () => this.#ports.failed("connection_failed", "A description was not understood."),
      track: (event) => this.#ports.track(this, event),
    };
  }

  #post(envelope: Envelope): void {
    if (envelope.kind === "offer") this.#recorder.mark("described");
    this.#ports.signaling.send({ ...envelope, to: this.id });
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
    this.#recorder.changed(this.up);
    if (this.up) {
      this.#wasUp = true;
      this.#recovery.reset();
      this.#escalation.reset();
      const link = this.#link;
      watchPath(
        link.connection,
        () => link === this.#link && link.up,
        (found) => this.#found(found),
      );
    } else if (this.#link.broken) {
      this.#recovery.due(BROKEN);
    } else if (connectionState === "failed") {
      this.#recovery.due(this.#escalation.failed() ? ASKING : 0);
    } else if (connectionState === "disconnected") {
      this.#recovery.due(BLINK);
    }
    if (!this.up) this.#credential.stopRenewal();
    this.#show();
  }

  #found(found: SelectedPath): void {
    void this.#recorder.read();
    this.#ports.turn.selected(found);
    if (found.ours && this.#link.grant) this.#credential.renewInTime(() => this.#renewed());
    else this.#credential.stopRenewal();
    this.#show(found.path);
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
