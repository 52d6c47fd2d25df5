/** What a step asks the outside world to do. Plain values: `edge/` carries them out. */
import type { InviteOptions } from "@heliograph/client";
import type { NewRoom } from "./form.js";
import type { HostInvite, HostKey } from "./host.js";
import type { SeatChange } from "./seat.js";
import type { State } from "./state.js";

/**
 * `away` is answered by `away-time-ended`, `invite` by `invite-due`. A timer that is started again
 * starts anew.
 */
export type TimerName = "away" | "invite";

/** One thing to do; `type` says which. */
export type Effect =
  /** Answered by `joined` or `refused`; `proof-requested` may come before. Ends an earlier attempt. */
  | {
      readonly type: "join";
      /** The name of a room, or an invite. */
      readonly room: string;
      readonly name: string;
      readonly secret: string;
      readonly hostToken?: string;
    }
  /** Answered by `room-created` or `refused`; `proof-requested` may come before. */
  | { readonly type: "create-room"; readonly options: NewRoom & { readonly ttl: number } }
  /** Answered by `wait-ended`. */
  | { readonly type: "wait"; readonly seconds: number }
  /** Ends the attempt under way, if there is one: nothing answers any more. */
  | { readonly type: "abort" }
  /** Remembers, for this tab, who we are in the room to which `room` leads. */
  | { readonly type: "keep-seat"; readonly room: string; readonly change: SeatChange }
  /** Remembers, for this browser, that it is the host of a room. */
  | { readonly type: "keep-host"; readonly host: HostKey }
  /** Remembers the invite of a room of which this browser is the host. */
  | { readonly type: "keep-invite"; readonly room: string; readonly invite: HostInvite }
  /** Remembers the name for the next visit. */
  | { readonly type: "keep-name"; readonly name: string }
  /** Shows the link to `room`, a name or a code, in the address bar. */
  | { readonly type: "show-address"; readonly room: string }
  | { readonly type: "start-timer"; readonly timer: TimerName; readonly ms: number }
  | { readonly type: "stop-timer"; readonly timer: TimerName }
  | { readonly type: "leave" }
  /** Answered by `text-sent` and later `text-settled`, or by `text-failed`. */
  | { readonly type: "send-text"; readonly entry: number; readonly text: string }
  /** Answered by `kicked` or `host-call-failed`. */
  | { readonly type: "kick"; readonly id: string }
  /** Answered by `lock-changed` or `host-call-failed`. */
  | { readonly type: "lock"; readonly locked: boolean }
  /** Answered by `invite-made`, or by `host-call-failed` for the call `call`. */
  | {
      readonly type: "invite";
      readonly call: "invite" | "renew";
      readonly options: Required<InviteOptions>;
    };

/** The effect of one type. */
export type EffectOf<T extends Effect["type"]> = Extract<Effect, { readonly type: T }>;

/** What a step gives: the next state, and the effects to carry out in this order. */
export type Step = readonly [state: State, effects: readonly Effect[]];
