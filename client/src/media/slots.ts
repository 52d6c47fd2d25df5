/**
 * The slots of the four sources in a connection: transceivers in a fixed order, always `sendrecv`.
 * Whatever is started, stopped or changed later is a `replaceTrack`, without a negotiation.
 */
import type { MediaSource } from "../types.js";
import { type Group, groupOf, kindOf, SOURCES } from "./sources.js";

/** A connection, as far as media needs it: `peer/link.ts`. */
export interface SlottedLink {
  readonly connection: RTCPeerConnection;
  /** By the order of the sources. */
  slots: readonly RTCRtpTransceiver[] | null;
  /** The mids that an offer of theirs named. */
  readonly offered: readonly string[] | null;
}

/** What each sender is to send in the end: `replaceTrack` takes its time. */
const wanted = new WeakMap<RTCRtpSender, MediaStreamTrack | null>();

/** Adds them, to be offered. */
export function addSlots(link: SlottedLink): void {
  const streams = streamsByGroup();
  link.slots = SOURCES.map((source) => {
    const slot = link.connection.addTransceiver(kindOf(source), {
      direction: "sendrecv",
      streams: [streams[groupOf(source)]],
    });
    preferCodecs(slot, kindOf(source));
    return slot;
  });
}

/** Takes those that the other side has offered. Nothing if they are not what they should be. */
export function takeSlots(link: SlottedLink): void {
  const all = link.connection.getTransceivers();
  const slots = (link.offered ?? []).flatMap((mid) => all.find((one) => one.mid === mid) ?? []);
  const fit = SOURCES.every((source, n) => slots[n]?.receiver.track.kind === kindOf(source));
  if (!fit || new Set(slots).size !== SOURCES.length) return;
  const streams = streamsByGroup();
  SOURCES.forEach((source, n) => {
    const { sender } = slots[n] as RTCRtpTransceiver;
    (slots[n] as RTCRtpTransceiver).direction = "sendrecv";
    sender.setStreams?.(streams[groupOf(source)]); // a stream is what is played in step
  });
  link.slots = slots;
}

/** Gives each slot its track, or none. */
export function fillSlots(
  { slots }: SlottedLink,
  trackOf: (source: MediaSource) => MediaStreamTrack | null,
): void {
  slots?.forEach(({ sender }, n) => {
    const track = trackOf(SOURCES[n] as MediaSource);
    if (track === (wanted.get(sender) ?? null)) return;
    wanted.set(sender, track);
    sender.replaceTrack(track).catch(() => wanted.delete(sender)); // the connection has closed
  });
}

/**
 * What every browser has, and VP9. With all that a browser knows an offer has 11 KB; with these it can
 * wait for a member whose socket is not open yet (8 KB, docs/protocol.md §5).
 */
function isPreferred({ mimeType, sdpFmtpLine: line = "" }: RTCRtpCodec): boolean {
  switch (mimeType.toLowerCase()) {
    case "audio/opus":
    case "video/vp8":
    case "video/rtx":
      return true;
    case "video/vp9":
      return line === "" || line.includes("profile-id=0");
    case "video/h264": // the constrained baseline profile (RFC 7742 §6.2)
      return line.includes("packetization-mode=1") && /profile-level-id=42e01f/i.test(line);
    default:
      return false;
  }
}

/**
 * Not in Firefox: it goes on to describe feedback (`a=rtcp-fb`) of codecs that it was told to leave
 * out, which Chromium refuses. It knows few codecs, and its offer has 6 KB.
 */
function preferCodecs(slot: RTCRtpTransceiver, kind: "audio" | "video"): void {
  if (/\bFirefox\//.test(navigator.userAgent)) return;
  const codecs = RTCRtpReceiver.getCapabilities?.(kind)?.codecs.filter(isPreferred) ?? [];
  try {
    if (codecs.length > 0) slot.setCodecPreferences?.(codecs);
  } catch {
    // Then all of them are described.
  }
}

function streamsByGroup(): Record<Group, MediaStream> {
  return { person: new MediaStream(), screen: new MediaStream() };
}
