/** What the negotiation with one peer is made of: plain data only. See negotiation.ts. */
import type {
  Candidate,
  CandidateBatch,
  Description,
  Negotiation,
  Network,
} from "../wire/protocol.js";

/**
 * Where the negotiation is. The W3C `signalingState` that belongs to each phase stands behind it;
 * an arrow says that a browser operation is under way which leads there.
 */
export type Phase =
  | "waiting" //         stable: the other side has to offer (again)
  | "idle" //            stable: nothing is under way
  | "blocked" //         stable: our offer cannot be sent, or was refused too often
  | "asking" //          stable: we have asked for the floor
  | "granted" //         stable: the other side has the floor
  | "preparing" //       stable: an offer waits for TURN credentials
  | "offering" //        stable → have-local-offer
  | "parking" //         stable → have-local-offer, for an offer that nobody is named for
  | "parked" //          have-local-offer: it waits in the room for whoever takes it
  | "offered" //         have-local-offer: our offer was sent
  | "accepting" //       have-local-offer → stable, by their answer
  | "retracting" //      have-local-offer → stable, by rollback
  | "taking" //          → have-remote-offer
  | "preparingAnswer" // have-remote-offer: an answer waits for TURN credentials
  | "answering" //       have-remote-offer → stable, by our answer
  | "rejecting" //       have-remote-offer → stable, by rollback
  | "broken" //          the connection is of no use any more; only a new pair can help
  | "closed"; //         for good

/** A description of theirs, with the seq of the message that brought it. */
export interface Incoming {
  readonly seq: number;
  readonly body: Description;
}

/** A message of ours that may be lost and is therefore sent again until it has had its effect. */
export interface Sent {
  readonly seq: number;
  readonly message: Negotiation;
  /** How often it was sent again by the clock. */
  readonly repeats: number;
}

/**
 * What we do ourselves as soon as the connection is stable; "offer" and "grant" wait for the channel too.
 */
export type Intention = "rest" | "offer" | "restart" | "grant" | "wait" | "block";

/**
 * "none": no offer and answer are set yet. "spoiled": none, and an offer of ours was rolled back;
 * Chromium then leaves the data channel out of every later offer, so this connection may answer
 * but never offer. "complete": an offer and its answer are set, and a rollback returns to them.
 */
export type Round = "none" | "spoiled" | "complete";

export interface State {
  readonly phase: Phase;
  /** Names the pair of connections. The offerer of the first offer chose it. */
  readonly pc: string;
  /** The pair that this one replaced: nothing can come of an offer that names it. */
  readonly left: string | null;
  /** What we called this one before we took an offer of theirs: an answer that names it is too late. */
  readonly withdrawn: string | null;
  /** This side gives way when two offers cross (W3C WebRTC §10.7). */
  readonly polite: boolean;
  /** Both sides use the name `pc` for this connection: a description of theirs was given to it. */
  readonly joint: boolean;
  /** What came of offers and answers on this connection so far. */
  readonly round: Round;
  /** Messages can go peer to peer. */
  readonly up: boolean;
  /** The number of the operation under way. The result of any other operation is too late. */
  readonly op: number;
  readonly intention: Intention;
  /** Our offer that is being made or is out restarts ICE. */
  readonly restarting: boolean;
  /** Their offer that is being taken or answered. */
  readonly theirs: Incoming | null;
  /** A newer offer of theirs, for when the operation under way has ended. */
  readonly next: Incoming | null;
  /** The seq of the last description of theirs that was tried. Older ones are out of date. */
  readonly newest: number;
  /** The seq of the last answer of theirs, if this browser refused it. */
  readonly refusedAnswer: number | null;
  /** How many descriptions were refused since the last complete offer and answer. */
  readonly failures: number;
  /** Our offer without an answer. */
  readonly offer: Sent | null;
  /**
   * Our last answer, and whether it may still have to be sent again. In a pair it may be our offer,
   * which says that theirs is the answer to it.
   */
  readonly answer: (Sent & { readonly to: number; readonly settled: boolean }) | null;
  /** Our candidates, as long as there is no connection. */
  readonly batches: readonly Sent[];
  /** Their candidates that came before their description (RFC 8838 §11). */
  readonly early: readonly CandidateBatch[];
}

/**
 * What can happen. `op` is the number of the operation that has ended. `fresh` is an unused name
 * for a pair of connections. `seq` of an outgoing message is drawn by the caller.
 */
export type Event =
  // From the page and the browser.
  | { readonly type: "needed" } //              negotiationneeded fired
  | { readonly type: "prepared"; op: number } // TURN credentials are there, or are not waited for
  | {
      readonly type: "described"; // setLocalDescription succeeded
      op: number;
      seq: number;
      sdp: string;
      candidates: Candidate[];
      /** The other side should bring TURN candidates too. */
      relay?: boolean;
      /** What we know of our network. */
      network?: Network;
      /** Where the sections of an offer for `room.media` are. */
      slots?: string[];
    }
  | { readonly type: "set"; op: number } //        setRemoteDescription succeeded
  | { readonly type: "rolledBack"; op: number; fresh: string } // a rollback succeeded
  | { readonly type: "failed"; op: number; fresh: string } // the browser refused the operation
  | { readonly type: "gathered"; seq: number; candidates: Candidate[] }
  | { readonly type: "tooLarge"; seq: number } // this description cannot be sent
  | { readonly type: "repeatDue"; seq: number }
  | { readonly type: "up" }
  | { readonly type: "down" }
  | { readonly type: "broke" } // the connection or its channel is closed
  // From the other side. `stale`: not connected, and not new either (see connecting.ts).
  | { readonly type: "offer"; seq: number; body: Description; fresh: string }
  | { readonly type: "answer"; seq: number; body: Description; fresh: string }
  | { readonly type: "candidates"; body: CandidateBatch }
  | { readonly type: "asked"; pc: string; refused?: number; stale: boolean; fresh: string }
  | { readonly type: "heard" } // they could not hear before, and can now
  | { readonly type: "floor"; pc: string; granted: boolean }
  | { readonly type: "waited"; op: number } // for the floor, or for an offer of who has it
  // From whoever decides.
  | { readonly type: "park" }
  | { readonly type: "claim"; pc: string; answerSeq: number }
  /**
   * Two offers: ours is told by `ours`, and `theirs` is an answer now, with the `pc` of both.
   * `isTold`: they know of it.
   */
  | { readonly type: "pair"; ours: Omit<Sent, "repeats">; theirs: Incoming; isTold: boolean }
  /** `anew`: with other ICE servers than an offer that is under way. */
  | { readonly type: "restart"; fresh: string; anew?: boolean }
  | { readonly type: "ask"; seq: number; network?: Network }
  | { readonly type: "replace"; fresh: string }
  | { readonly type: "close" };

/** What has to be done about it, in order. Operations answer with an event of the same `op`. */
export type Effect =
  /** Get TURN credentials if they are needed; `offer` is the one to be answered. → prepared */
  | { readonly type: "prepare"; op: number; offer: Description | null }
  | { readonly type: "restartIce" }
  /** setLocalDescription(), with what gathers within `gatherMs`. → described or failed */
  | { readonly type: "describe"; op: number; gatherMs: number }
  /** setRemoteDescription, then the candidates. → set or failed */
  | {
      readonly type: "set";
      op: number;
      kind: "offer" | "answer";
      body: Description;
      candidates: readonly Candidate[];
      /** The pair has another name now: our candidates so far are void. */
      renamed: boolean;
    }
  /** setLocalDescription or setRemoteDescription with type `rollback`. → rolledBack or failed */
  | { readonly type: "rollback"; op: number; side: "local" | "remote" }
  | { readonly type: "add"; candidates: readonly Candidate[] }
  | { readonly type: "send"; seq: number | null; message: Negotiation } // null: draw one
  /** After `ms`, and up to a fifth later. → repeatDue */
  | { readonly type: "repeatLater"; seq: number; ms: number }
  /** After `ms`. → waited */
  | { readonly type: "wait"; op: number; ms: number }
  /** A new connection in place of the old one, which is closed. */
  | { readonly type: "replace"; pc: string }
  /** The connection of the parked offer in place of the old one, or it is not wanted. */
  | { readonly type: "adopt" }
  | { readonly type: "release" }
  | { readonly type: "close" }
  | { readonly type: "report"; code: "too_large" | "negotiation_failed" };

export type Step = readonly [State, readonly Effect[]];
