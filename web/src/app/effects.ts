/** What a step asks the outside world to do. Plain values: `edge/` carries them out. */
import type { InviteOptions } from "@heliograph/client";
import type { Form, NewRoom } from "./form.js";
import type { Seat, SeatChange } from "./seat.js";

/** One thing to do; `type` says which. */
export type Effect =
  /** Answered by `joined` or `refused`; `proof-requested` may come before. Ends an earlier attempt. */
  | { readonly type: "join"; readonly form: Form; readonly seat: Seat }
  /** Answered by `room-created` or `refused`; `proof-requested` may come before. */
  | { readonly type: "create-room"; readonly options: NewRoom }
  /** Answered by `wait-ended`. */
  | { readonly type: "wait"; readonly seconds: number }
  /** Ends the attempt under way, if there is one: nothing answers any more. */
  | { readonly type: "abort" }
  /** Remembers, for this tab, what a reload needs. */
  | { readonly type: "keep-seat"; readonly room: string; readonly change: SeatChange }
  /** The same, with the peer token that the room has now. */
  | { readonly type: "keep-token" }
  /** Remembers the name for the next visit. */
  | { readonly type: "keep-name"; readonly name: string }
  /** Shows the room's link, without name and invite, in the address bar. */
  | { readonly type: "show-address"; readonly room: string }
  /** Answered by `away-time-ended`. Starts anew if it runs already. */
  | { readonly type: "start-away-timer"; readonly ms: number }
  | { readonly type: "stop-away-timer" }
  | { readonly type: "leave" }
  /** Answered by `text-sent` or `text-failed`. */
  | { readonly type: "send-text"; readonly entry: number; readonly text: string }
  /** Answered by `kicked` or `host-call-failed`. */
  | { readonly type: "kick"; readonly id: string }
  /** Answered by `lock-changed` or `host-call-failed`. */
  | { readonly type: "lock"; readonly locked: boolean }
  /** Answered by `invite-made` or `host-call-failed`. */
  | { readonly type: "invite"; readonly options: InviteOptions };

/** The effect of one type. */
export type EffectOf<T extends Effect["type"]> = Extract<Effect, { readonly type: T }>;
