/**
 * The call of a room, and how each event changes it. Pure. Our part of it:
 *
 * |                        | out               | starting          | in                      |
 * |------------------------|-------------------|-------------------|-------------------------|
 * | start-pressed          | starting: opens   | –                 | –                       |
 * | sending, one more      | in                | in                | in                      |
 * | sending, one less      | out               | starting          | in: can be turned on    |
 * | not-started            | –                 | out: problem      | –                       |
 * | hang-up-pressed        | –                 | out: stops all    | out: stops all          |
 * | ended (the room)       | out               | out               | out                     |
 *
 * And one source of ours while we are in:
 *
 * |                        | off               | opening           | on, muted               |
 * |------------------------|-------------------|-------------------|-------------------------|
 * | microphone-pressed     | opening           | –                 | muted, on               |
 * | camera-, screen-pressed| opening           | –                 | off: its lamp goes out  |
 *
 * Streams are no part of it: the edge gives them to the view.
 */
import type { ErrorCode, MediaSource, PeerState } from "@heliograph/client";

/** One source of somebody. */
export interface Sent {
  readonly muted: boolean;
}

/** What somebody sends; a source that is missing is not sent. */
export type Sources = Readonly<Partial<Record<MediaSource, Sent>>>;

/** Another member. */
export interface Member {
  readonly id: string;
  readonly name: string;
  readonly state: PeerState;
}

/** Another member who sends something. */
export interface Caller extends Member {
  readonly sources: Sources;
}

export type DeviceKind = "microphone" | "camera" | "speaker";

/** A device to choose. Its label is empty until the browser tells it. */
export interface Device {
  readonly kind: DeviceKind;
  readonly id: string;
  readonly label: string;
}

/** What did not work: one source, or both with which a call starts. */
export interface CallProblem {
  readonly what: "call" | MediaSource;
  readonly code: ErrorCode;
}

export interface Call {
  readonly mine: "out" | "starting" | "in";
  readonly sending: Sources;
  readonly opening: readonly MediaSource[];
  readonly members: readonly Member[];
  /** In the order in which they began. */
  readonly callers: readonly Caller[];
  /** The browser plays no sound until somebody presses a button. */
  readonly isSilent: boolean;
  /** The stage takes one row only. */
  readonly isSmall: boolean;
  /** This browser can share the screen. */
  readonly canShare: boolean;
  /** null: they are not shown. */
  readonly devices: readonly Device[] | null;
  /** Ids of the devices in use; missing: the browser's choice. */
  readonly chosen: Readonly<Partial<Record<DeviceKind, string>>>;
  readonly problem: CallProblem | null;
}

export const NO_CALL: Call = {
  ...{ mine: "out", sending: {}, opening: [], members: [], callers: [] },
  ...{ isSilent: false, isSmall: false, canShare: false, devices: null, chosen: {} },
  problem: null,
};

export type CallEvent =
  | { readonly type: "start-pressed" }
  | { readonly type: "not-started"; readonly code: ErrorCode }
  /** All that we send now. */
  | { readonly type: "sending"; readonly sources: Sources }
  | { readonly type: "microphone-pressed" | "camera-pressed" | "screen-pressed" }
  | { readonly type: "opened"; readonly source: MediaSource }
  | { readonly type: "not-opened"; readonly source: MediaSource; readonly code: ErrorCode }
  | { readonly type: "hang-up-pressed" }
  /** All that this member sends now. */
  | { readonly type: "received"; readonly peer: string; readonly sources: Sources }
  | { readonly type: "members-changed"; readonly members: readonly Member[] }
  | { readonly type: "sound-refused" | "sound-pressed" | "size-pressed" }
  | { readonly type: "devices-pressed" | "devices-closed" }
  | {
      readonly type: "devices-found";
      readonly devices: readonly Device[];
      readonly chosen: Call["chosen"];
    }
  | { readonly type: "device-chosen"; readonly kind: DeviceKind; readonly id: string }
  | { readonly type: "problem-dismissed" }
  | { readonly type: "ended" };

/** What is asked of the SDK and the browser. */
export type CallEffect =
  /** Opens microphone and camera, or what there is of them. */
  | { readonly type: "take-part" }
  | { readonly type: "start"; readonly source: MediaSource; readonly deviceId?: string }
  | { readonly type: "stop"; readonly source: MediaSource }
  | { readonly type: "stop-all" }
  | { readonly type: "mute"; readonly source: MediaSource; readonly muted: boolean }
  | { readonly type: "use"; readonly source: "microphone" | "camera"; readonly deviceId: string }
  | { readonly type: "find-devices" };

type Step = readonly [Call, ...CallEffect[]];

/** The call after `event`, and what is to be done. */
export function stepCall(call: Call, event: CallEvent): Step {
  switch (event.type) {
    case "start-pressed":
    case "not-started":
    case "hang-up-pressed":
    case "ended":
    case "sending":
      return stepMine(call, event);
    case "microphone-pressed":
    case "camera-pressed":
    case "screen-pressed":
      return call.mine === "in" ? pressed(call, SOURCES[event.type]) : [call];
    case "opened":
      return [withoutOpening(call, event.source)];
    case "not-opened":
      return [notOpened(call, event.source, event.code)];
    case "received":
      return [received(call, event.peer, event.sources)];
    case "members-changed":
      return [membersChanged(call, event.members)];
    default:
      return stepShown(call, event);
  }
}

/** Somebody is in it, perhaps we alone. */
export const goesOn = ({ mine, callers }: Call): boolean => mine === "in" || callers.length > 0;

/** There is a picture that moves. */
export const hasPicture = ({ camera }: Sources): boolean => camera?.muted === false;

/** Nothing is heard of them: muted, or no microphone. */
export const isMute = ({ microphone }: Sources): boolean => microphone?.muted !== false;

const SOURCES = {
  "microphone-pressed": "microphone",
  "camera-pressed": "camera",
  "screen-pressed": "screen",
} as const;

type MineEvent = Extract<
  CallEvent,
  { readonly type: "start-pressed" | "not-started" | "hang-up-pressed" | "ended" | "sending" }
>;

function stepMine(call: Call, event: MineEvent): Step {
  switch (event.type) {
    case "start-pressed":
      if (call.mine !== "out") return [call];
      // Whoever has pressed a button may be given sound.
      return [{ ...call, mine: "starting", problem: null, isSilent: false }, { type: "take-part" }];
    case "not-started":
      if (call.mine !== "starting") return [call];
      return [{ ...call, mine: "out", problem: { what: "call", code: event.code } }];
    case "hang-up-pressed":
      if (call.mine === "out") return [call];
      return [{ ...outside(call), problem: null }, { type: "stop-all" }];
    case "ended":
      return [{ ...outside(call), sending: {}, members: [], callers: [] }];
    case "sending":
      return [sending(call, event.sources)];
  }
}

const outside = (call: Call): Call => ({ ...call, mine: "out", opening: [], devices: null });

/** Also what was not started by this page's buttons. */
function sending(call: Call, sources: Sources): Call {
  const isMore = Object.keys(sources).some((source) => !(source in call.sending));
  return { ...call, sending: sources, mine: isMore ? "in" : call.mine };
}

/** A muted microphone is heard again at once; camera and screen give their device back. */
function pressed(call: Call, source: "microphone" | "camera" | "screen"): Step {
  if (call.opening.includes(source)) return [call];
  const sent = call.sending[source];
  if (sent && source === "microphone") return [call, { type: "mute", source, muted: !sent.muted }];
  if (sent?.muted) return [call, { type: "mute", source, muted: false }];
  if (sent) return [call, { type: "stop", source }];
  const deviceId = source === "screen" ? undefined : call.chosen[source];
  const opening = { ...call, opening: [...call.opening, source], problem: null };
  return [opening, { type: "start", source, ...(deviceId === undefined ? {} : { deviceId }) }];
}

const withoutOpening = (call: Call, source: MediaSource): Call => ({
  ...call,
  opening: call.opening.filter((one) => one !== source),
});

/** Who closes the browser's choice of a screen knows it, and a later press goes before an earlier one. */
function notOpened(call: Call, source: MediaSource, code: ErrorCode): Call {
  const { [source as DeviceKind]: _, ...chosen } = call.chosen; // the next press takes any device
  const next = { ...withoutOpening(call, source), chosen };
  if (call.mine === "out" || code === "aborted" || code === "closed") return next;
  if (source === "screen" && code === "media_denied") return next;
  return { ...next, problem: { what: source, code } };
}

function received(call: Call, peer: string, sources: Sources): Call {
  const isKnown = call.callers.some(({ id }) => id === peer);
  const member = call.members.find(({ id }) => id === peer);
  if (Object.keys(sources).length === 0 || !member)
    return isKnown ? { ...call, callers: call.callers.filter(({ id }) => id !== peer) } : call;
  const caller = { ...member, sources };
  const callers = isKnown
    ? call.callers.map((one) => (one.id === peer ? caller : one))
    : [...call.callers, caller];
  return { ...call, callers };
}

/** Who has left sends nothing any more. */
function membersChanged(call: Call, members: readonly Member[]): Call {
  const callers = call.callers.flatMap(({ sources, id }) => {
    const member = members.find((one) => one.id === id);
    return member ? [{ ...member, sources }] : [];
  });
  return { ...call, members, callers };
}

type ShownEvent = Exclude<
  CallEvent,
  | MineEvent
  | { readonly type: keyof typeof SOURCES | "opened" | "not-opened" }
  | { readonly type: "received" | "members-changed" }
>;

function stepShown(call: Call, event: ShownEvent): Step {
  switch (event.type) {
    case "sound-refused":
      return [{ ...call, isSilent: true }];
    case "sound-pressed":
      return [{ ...call, isSilent: false }];
    case "size-pressed":
      return [{ ...call, isSmall: !call.isSmall }];
    case "devices-pressed":
      return [{ ...call, devices: [] }, { type: "find-devices" }];
    case "devices-closed":
      return [{ ...call, devices: null }];
    case "devices-found":
      if (call.devices === null) return [call];
      return [{ ...call, devices: event.devices, chosen: { ...call.chosen, ...event.chosen } }];
    case "device-chosen":
      return deviceChosen(call, event.kind, event.id);
    case "problem-dismissed":
      return [{ ...call, problem: null }];
  }
}

/** A source that is off stays off: it takes the device when it is turned on. */
function deviceChosen(call: Call, kind: DeviceKind, id: string): Step {
  const next = { ...call, chosen: { ...call.chosen, [kind]: id } };
  if (kind === "speaker" || !call.sending[kind]) return [next];
  return [next, { type: "use", source: kind, deviceId: id }];
}
