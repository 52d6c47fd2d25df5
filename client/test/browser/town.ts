/** Servers in memory: a room's list, parked offers and pushes, for several members in one page. */

import { Reports } from "../../src/report/reports.js";
import { Members } from "../../src/room/members.js";
import type { LeftReason, RoomEvents } from "../../src/types.js";
import type { Admission, Description, Envelope, Listed, Message } from "../../src/wire/protocol.js";
import type { Report } from "../../src/wire/report.js";
import { NO_FILES, NO_MEDIA, NO_RECEIPTS, Union } from "../room/union.js";
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
    media: [],
    sending: [],
    devices: [],
    text: [],
    data: [],
    file: [],
    "transfer-updated": [],
    locked: [],
    state: [],
    closed: [],
    error: [],
  };
  readonly union: Union;
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
    this.union = new Union(id, send, () => this.members);
    this.members = new Members({
      self: id,
      turn: desk.turn,
      reports: new Reports({
        send: async (report) => void this.reports.push(report),
        beacon: (report) => this.reports.push(report),
      }),
      signaling: this.union,
      deliveries: NO_RECEIPTS,
      media: NO_MEDIA,
      files: NO_FILES,
      emit: (event, value) => void (this.log[event] as unknown[]).push(value),
      changed: () => {},
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
  /** When the page of each member began. */
  readonly visits = new Map<string, number>();
  #pages = 0;
  readonly parked = new Map<string, { seq: number; body: Description }>();
  /** Set to lose messages. */
  lose: (envelope: Envelope, from: string) => boolean = () => false;

  /** Negotiates, and connects a moment later, which `joined` tells the others. */
  enter(id: string, desk?: Desk): Member {
    const member = new Member(id, this, desk);
    const offers = new Map(this.parked);
    this.parked.clear();
    this.seat(id, member);
    member.union.admitted(this.admission(id, offers));
    setTimeout(() => this.tell(id, "joined"), 10);
    return member;
  }

  /** The page of this member begins. */
  seat(id: string, member: Member): void {
    this.present.set(id, member);
    this.visits.set(id, ++this.#pages);
  }

  admission(id: string, offers = new Map<string, { seq: number; body: Description }>()): Admission {
    const peers = [...this.present.keys()]
      .filter((other) => other !== id)
      .map((peer): Listed => {
        const offer = offers.get(peer);
        const profile = { peer, name: `name of ${peer[0]}`, role: "guest" as const };
        const visit = this.visits.get(peer) ?? 0;
        const listed = { ...profile, visit, connected: true, asleep: false };
        return offer ? { ...listed, offer } : listed;
      });
    return { ...this.present.get(id)?.desk.admission, peers } as Admission;
  }

  tell(id: string, what: "joined" | "left" | "disconnected", reason: LeftReason = "left"): void {
    for (const [other, { union }] of this.present) {
      if (other === id) continue;
      const name = `name of ${id[0]}`;
      const visit = this.visits.get(id) ?? 0;
      if (what === "disconnected") union.pushed({ target: what, peer: id, asleep: false });
      else if (what === "left") union.pushed({ target: "left", peer: id, reason, visit });
      else union.pushed({ target: "joined", peer: id, name, role: "guest", visit });
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
        this.present.get(receiver)?.union.pushed({ target, from, seq, message });
      }, 2);
    }
  }

  close(): void {
    for (const { members } of this.present.values()) members.close();
  }
}
