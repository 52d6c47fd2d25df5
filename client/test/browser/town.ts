/** Servers in memory: a room's list, parked offers and pushes, for several members in one page. */

import { Reports } from "../../src/report/reports.js";
import { Members } from "../../src/room/members.js";
import type { LeftReason, RoomEvents } from "../../src/types.js";
import { sequence } from "../../src/wire/ids.js";
import type { Admission, Description, Envelope, Listed, Message } from "../../src/wire/protocol.js";
import type { Report } from "../../src/wire/report.js";
import { Desk } from "./desk.js";

type Log = { [K in keyof RoomEvents]: RoomEvents[K][] };

export class Member {
  readonly sent: Envelope[] = [];
  readonly members: Members;
  readonly log: Log = {
    "peer-joined": [],
    "peer-updated": [],
    "peer-left": [],
    connection: [],
    track: [],
    text: [],
    data: [],
    state: [],
    closed: [],
    error: [],
  };
  reseats = 0;
  readonly reports: Report[] = [];

  constructor(
    readonly id: string,
    readonly town: Town,
    readonly desk = new Desk("off"),
  ) {
    const send = (envelope: Envelope) => {
      this.sent.push(envelope);
      town.forward(id, envelope);
    };
    this.members = new Members({
      self: id,
      turn: desk.turn,
      reports: new Reports({
        send: async (report) => void this.reports.push(report),
        beacon: (report) => this.reports.push(report),
      }),
      signaling: { nextSeq: sequence(), send, post: async (envelope) => send(envelope) },
      emit: (event, value) => void (this.log[event] as unknown[]).push(value),
      seatLost: () => {
        this.reseats += 1;
      },
    });
  }

  peer(id: string) {
    return this.members.peers.get(id);
  }

  get kinds(): string[] {
    return this.sent.map(({ kind, to }) => (kind === "offer" && !to ? "park" : kind));
  }
}

export class Town {
  readonly present = new Map<string, Member>();
  readonly parked = new Map<string, { seq: number; body: Description }>();
  /** Set to lose messages. */
  lose: (envelope: Envelope, from: string) => boolean = () => false;

  /** Negotiates, and connects a moment later, which `joined` tells the others. */
  enter(id: string, desk?: Desk): Member {
    const member = new Member(id, this, desk);
    const offers = new Map(this.parked);
    this.parked.clear();
    this.present.set(id, member);
    member.members.reconcile(this.admission(id, offers));
    setTimeout(() => this.tell(id, "joined"), 10);
    return member;
  }

  admission(id: string, offers = new Map<string, { seq: number; body: Description }>()): Admission {
    const peers = [...this.present.keys()]
      .filter((other) => other !== id)
      .map((peer): Listed => {
        const offer = offers.get(peer);
        const listed = { peer, name: `name of ${peer[0]}`, role: "guest" as const };
        return offer ? { ...listed, offer } : listed;
      });
    return { ...this.present.get(id)?.desk.admission, peers } as Admission;
  }

  tell(id: string, what: "joined" | "left" | "disconnected", reason: LeftReason = "left"): void {
    for (const [other, { members }] of this.present) {
      if (other === id) continue;
      const name = `name of ${id[0]}`;
      if (what === "disconnected") members.pushed({ target: what, peer: id });
      else if (what === "left") members.pushed({ target: "left", peer: id, reason });
      else members.pushed({ target: "joined", peer: id, name, role: "guest" });
    }
  }

  forward(from: string, { to, seq, ...rest }: Envelope): void {
    const message = rest as Message;
    if (this.lose({ v: 1, seq, ...message }, from)) return;
    if (message.kind === "offer" && to === undefined) {
      this.parked.set(from, { seq, body: message.body });
      return;
    }
    const receivers = to === undefined ? [...this.present.keys()] : [to];
    for (const receiver of receivers) {
      const target = to === undefined ? "message" : "signal";
      setTimeout(() => {
        this.present.get(receiver)?.members.pushed({ target, from, seq, message });
      }, 2);
    }
  }

  close(): void {
    for (const { members } of this.present.values()) members.close();
  }
}
