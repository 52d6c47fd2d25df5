/**
 * A stamp as its clients see it (docs/protocol.md §3, §4): seats, sockets and pushes. It is as strict
 * as the servers are: it keeps the newest visit of a seat, ignores the leave of an older one, and
 * finds out that somebody has expired only when somebody negotiates, because no timer runs there.
 */
import type { ListedMember, PresenceEvent } from "../../../src/stamps/presence-types.js";
import type { Clock } from "../../peer/model/clock.js";
import type { Random } from "../../peer/model/random.js";

const GRACE_MS = 30_000; // a seat without a socket is kept so long

/** Our end of a socket. */
export interface Socket {
  readonly peer: string;
  /** `admittedAt` of the answer with which it was opened. */
  readonly admittedAt: number;
  /** False when the path between client and stamp is cut: nobody has noticed yet. */
  works(): boolean;
  push(event: PresenceEvent): void;
  /** A message from a page of this visit. */
  message(from: string, visit: number): void;
  /** The stamp has ended it. */
  ended(): void;
}

interface Seat {
  visit: number;
  name: string;
  /** The one that the stamp knows. */
  socket: Socket | null;
  lostAt: number;
  /** Number of the change that gave it its socket. */
  joinedAt: number;
}

export interface StampWorld {
  readonly clock: Clock;
  readonly random: Random;
  /** The share of pushes that are lost, and of those that come twice. */
  readonly loss: number;
  readonly duplicates: number;
  /** The share of sockets that open and the stamp does not hear of it. */
  readonly unheard: number;
  /** Pushes to one socket arrive in the order in which they were sent. */
  readonly ordered: boolean;
}

/** What negotiate answers. */
export interface Answer {
  readonly members: ListedMember[];
  /** How many changes there were: what a client knows from its list. */
  readonly changes: number;
  readonly admittedAt: number;
  readonly socketAdmittedAt: number | undefined;
}

export class Stamp {
  readonly seats = new Map<string, Seat>();
  readonly kicked = new Set<string>();
  condition: "up" | "dead" | "frozen" = "up";
  readonly #world: StampWorld;
  readonly #number: number;
  /** All sockets that are open, whether it knows them or not. */
  readonly #open = new Set<Socket>();
  #changes = 0;
  #answers = 0;
  #thawed: (() => void)[] = [];

  constructor(number: number, world: StampWorld) {
    this.#number = number;
    this.#world = world;
  }

  /** Null for whoever was kicked. `orders`: whom other stamps have kicked. */
  negotiate(peer: string, visit: number, orders: ReadonlySet<string>): Answer | null {
    for (const each of orders) this.kick(each);
    if (this.kicked.has(peer)) return null;
    this.#expire(peer);
    const before = this.seats.get(peer);
    const lost = { socket: null, lostAt: this.#world.clock.now, joinedAt: 0, visit: 0 };
    const seat = before ?? { ...lost, name: "" };
    this.seats.set(peer, { ...seat, visit: Math.max(visit, seat.visit), name: `name of ${peer}` });
    this.#answers += 1;
    const admittedAt = this.#answers;
    const socketAdmittedAt = seat.socket?.admittedAt;
    return { members: this.#list(peer), changes: this.#changes, admittedAt, socketAdmittedAt };
  }

  /** Is it in the group? */
  knows(socket: Socket): boolean {
    return this.seats.get(socket.peer)?.socket === socket;
  }

  /** For this peer. */
  #list(peer: string): ListedMember[] {
    return [...this.seats]
      .filter(([other]) => other !== peer)
      .map(([other, { visit: of, name, socket }]) => {
        return { peer: other, name, role: "guest", visit: of, connected: socket !== null };
      });
  }

  /** A socket opens; the newest of a peer replaces the one before. False without a seat. */
  connect(socket: Socket, knows: number): boolean {
    const seat = this.seats.get(socket.peer);
    if (!seat) return false;
    this.#open.add(socket);
    if (this.#world.random.chance(this.#world.unheard)) return true;
    const old = seat.socket;
    this.#changes += 1;
    Object.assign(seat, { socket, joinedAt: this.#changes });
    if (old) this.#end(old);
    this.#tellOthers(socket.peer, this.#joined(socket.peer));
    for (const [other, { joinedAt, socket: open }] of this.seats) {
      if (other !== socket.peer && open && joinedAt > knows)
        this.#push(socket, this.#joined(other));
    }
    return true;
  }

  /** The stamp has noticed that a socket ended. */
  disconnect(socket: Socket): void {
    this.#open.delete(socket);
    const seat = this.seats.get(socket.peer);
    if (!seat || seat.socket !== socket) return;
    Object.assign(seat, { socket: null, lostAt: this.#world.clock.now });
    const { peer } = socket;
    this.#tellOthers(peer, { type: "disconnected", stamp: this.#number, peer, asleep: false });
  }

  leave(peer: string, visit: number): void {
    const seat = this.seats.get(peer);
    if (!seat || visit < seat.visit) return;
    this.#remove(peer, "left");
  }

  kick(peer: string): void {
    if (this.kicked.has(peer)) return;
    this.kicked.add(peer);
    if (this.seats.has(peer)) this.#remove(peer, "kicked");
  }

  /** A message to a peer, by name: whoever has no socket here does not get it. */
  message(from: string, visit: number, to: string): void {
    if (!this.seats.has(from)) return;
    for (const socket of this.#socketsOf(to)) {
      this.#deliver(socket, () => socket.message(from, visit));
    }
  }

  /** All sockets end; the seats are stored. */
  die(): void {
    this.condition = "dead";
    const lost = { socket: null, lostAt: this.#world.clock.now };
    for (const seat of this.seats.values()) Object.assign(seat, lost);
    for (const socket of this.#open) socket.ended();
    this.#open.clear();
  }

  freeze(): void {
    this.condition = "frozen";
  }

  /** It works again; what waited goes on. */
  restore(): void {
    this.condition = "up";
    for (const run of this.#thawed.splice(0)) run();
  }

  /** Runs when the stamp does not stand still. */
  whenAwake(run: () => void): void {
    if (this.condition === "frozen") this.#thawed.push(run);
    else run();
  }

  /** Whoever has been silent for so long is looked up in the service, which knows all sockets. */
  #expire(but: string): void {
    const { now } = this.#world.clock;
    for (const [peer, seat] of this.seats) {
      if (peer === but || seat.socket || now - seat.lostAt <= GRACE_MS) continue;
      if (this.#socketsOf(peer).length === 0) this.#remove(peer, "expired");
      else seat.lostAt = now;
    }
  }

  #socketsOf(peer: string): Socket[] {
    return [...this.#open].filter((socket) => socket.peer === peer);
  }

  #remove(peer: string, reason: "left" | "kicked" | "expired"): void {
    const seat = this.seats.get(peer);
    if (!seat) return;
    this.#changes += 1;
    this.seats.delete(peer);
    this.#tellOthers(peer, { type: "left", stamp: this.#number, peer, reason, visit: seat.visit });
    if (reason !== "kicked" && !seat.socket) return;
    for (const socket of this.#socketsOf(peer)) this.#end(socket);
  }

  #end(socket: Socket): void {
    this.#open.delete(socket);
    socket.ended();
  }

  #joined(peer: string): PresenceEvent {
    const { visit = 0, name = "" } = this.seats.get(peer) ?? {};
    return { type: "joined", stamp: this.#number, member: { peer, name, role: "guest", visit } };
  }

  /** `joined` by name; all else goes to the group. */
  #tellOthers(peer: string, event: PresenceEvent): void {
    for (const [other, { socket }] of this.seats) {
      if (other === peer) continue;
      const known = socket ? [socket] : [];
      const sockets = event.type === "joined" ? this.#socketsOf(other) : known;
      for (const each of sockets) this.#push(each, event);
    }
  }

  /** Late, not in order, sometimes twice, sometimes never; never to a socket that has ended. */
  #push(socket: Socket, event: PresenceEvent): void {
    this.#deliver(socket, () => socket.push(event));
  }

  #deliver(socket: Socket, run: () => void): void {
    const { clock, random, loss, duplicates, ordered } = this.#world;
    if (random.chance(loss)) return;
    const copies = random.chance(duplicates) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      const slow = !ordered && random.chance(0.05);
      const ms = ordered ? 50 : slow ? random.between(300, 3_000) : random.between(5, 200);
      clock.after(ms, () => this.whenAwake(() => socket.works() && run()));
    }
  }
}
