/** Everything that can happen to the room page: what the user does, what the SDK says, and time. */
import type {
  ErrorCode,
  InviteOptions,
  LeftReason,
  Path,
  PeerState,
  Role,
  RoomState,
  SentVia,
  Via,
} from "@heliograph/client";
import type { Refusal } from "./admission.js";
import type { Form, NewRoom } from "./form.js";
import type { HostInvite, HostKey } from "./host.js";
import type { Seat } from "./seat.js";

/** Another member, as the page shows them. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly state: PeerState;
  readonly path: Path;
  /** Three words that both sides have if nobody is in between; null before one of them has asked. */
  readonly words: readonly string[] | null;
}

/** A room at the moment we have joined it. */
export interface JoinedRoom {
  readonly id: string;
  readonly self: { readonly id: string; readonly name: string; readonly role: Role };
  readonly capacity: number;
  readonly locked: boolean;
  readonly connection: RoomState;
  readonly people: readonly Person[];
}

/** What is asked of the backend for the host. `renew` is an invite that the page asks for by itself. */
export type HostCall = "kick" | "lock" | "invite" | "renew";

/** `at` is always in milliseconds since 1970, `page` the address of the page. */
export type EntranceEvent =
  /** The page was opened by a link, or the link in the address bar has changed. */
  | {
      readonly type: "link-opened";
      readonly link: Form;
      /** What this browser knows of the link's room, with a new secret if it knows none. */
      readonly kept: Seat;
      /** The name used last in this browser. */
      readonly lastName: string;
      /** This browser has WebRTC. */
      readonly supported: boolean;
    }
  | { readonly type: "join-submitted"; readonly form: Form; readonly kept: Seat }
  | {
      readonly type: "create-submitted";
      readonly form: Form;
      readonly options: NewRoom;
    }
  | { readonly type: "retry-pressed" }
  | { readonly type: "cancel-pressed" }
  | { readonly type: "proof-requested" }
  | {
      readonly type: "room-created";
      readonly host: HostKey;
      /** A new one, for our seat in the room. */
      readonly secret: string;
    }
  | { readonly type: "refused"; readonly refusal: Refusal }
  | { readonly type: "wait-ended" }
  | {
      readonly type: "joined";
      readonly room: JoinedRoom;
      readonly page: string;
      readonly at: number;
    }
  /** The SDK has ended the room. */
  | { readonly type: "closed"; readonly code: ErrorCode }
  | { readonly type: "leave-pressed" };

/** What happens inside a room. */
export type RoomEvent =
  | { readonly type: "peer-seen"; readonly person: Person; readonly at: number }
  | {
      readonly type: "peer-left";
      readonly id: string;
      readonly reason: LeftReason;
      readonly at: number;
    }
  | {
      readonly type: "text-received";
      readonly from: string;
      readonly name: string;
      readonly text: string;
      readonly via: Via;
      readonly at: number;
    }
  | { readonly type: "text-entered"; readonly text: string; readonly at: number }
  | { readonly type: "text-sent"; readonly entry: number; readonly via: SentVia }
  | { readonly type: "text-failed"; readonly entry: number; readonly code: ErrorCode }
  /** Everyone has it, but for those who are `missed` and never will. */
  | { readonly type: "text-settled"; readonly entry: number; readonly missed: readonly string[] }
  | { readonly type: "connection-changed"; readonly state: RoomState }
  | { readonly type: "away-time-ended" }
  | { readonly type: "kick-pressed"; readonly id: string }
  | { readonly type: "kicked"; readonly at: number }
  | { readonly type: "lock-pressed"; readonly locked: boolean }
  /** The answer to our own call, and the news for everyone in the room: either can come first. */
  | { readonly type: "lock-changed"; readonly locked: boolean; readonly at: number }
  | { readonly type: "invite-submitted"; readonly options: Required<InviteOptions> }
  | {
      readonly type: "invite-made";
      readonly invite: HostInvite;
      readonly page: string;
      readonly at: number;
    }
  /** The invite of the link may be spent by now. */
  | { readonly type: "invite-due"; readonly at: number }
  | { readonly type: "host-call-failed"; readonly call: HostCall; readonly code: ErrorCode }
  /** Something went wrong that ends nothing. */
  | { readonly type: "problem-reported"; readonly code: ErrorCode }
  | { readonly type: "problem-dismissed" };

/** Everything that can happen. */
export type Event = EntranceEvent | RoomEvent;
/** The event of one type. */
export type EventOf<T extends Event["type"]> = Extract<Event, { readonly type: T }>;
