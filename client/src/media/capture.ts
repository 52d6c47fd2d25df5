/** Opens microphone, camera and screen; what a browser refuses becomes a coded error. */
import { type ErrorCode, HeliographError } from "../errors.js";
import type { MediaSource, StartOptions } from "../types.js";
import { kindOf } from "./sources.js";

/** By the names of W3C Media Capture §10.2 and Screen Capture §5.1. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  NotAllowedError: "media_denied",
  SecurityError: "media_denied",
  NotFoundError: "media_not_found",
  OverconstrainedError: "media_not_found",
  NotReadableError: "media_busy",
  AbortError: "media_busy",
  TypeError: "invalid_options",
};
const MESSAGES: Readonly<Record<string, string>> = {
  media_denied: "The user, the browser or the page's policy does not allow it.",
  media_not_found: "There is no such device.",
  media_busy: "The device is in use by another program, or does not answer.",
  invalid_options: "The browser does not understand these constraints.",
};

type Tracks = readonly MediaStreamTrack[];

const codeOf = (error: unknown): ErrorCode =>
  (error instanceof Error && CODES[error.name]) || "media_busy";

/** The tracks of a source; of the screen also its sound, if it is wanted and the browser gives it. */
export async function capture(source: MediaSource, options: StartOptions): Promise<Tracks> {
  const open = opener(source, options);
  if (!open) throw new HeliographError("unsupported", "This browser cannot do that here.");
  try {
    return await open();
  } catch (error) {
    const code = codeOf(error);
    throw new HeliographError(code, MESSAGES[code] ?? "");
  }
}

/** Null if this browser cannot do it: an insecure page, a phone that shares no screen. */
function opener(source: MediaSource, options: StartOptions): (() => Promise<Tracks>) | null {
  const devices: Partial<MediaDevices> | undefined = navigator.mediaDevices;
  const { deviceId, audio = false, constraints = {} } = options;
  if (source === "screen-audio") return null; // it comes with the screen, or is given
  if (source === "screen") {
    const share = devices?.getDisplayMedia?.bind(devices);
    return share ? async () => (await share({ video: constraints, audio })).getTracks() : null;
  }
  const device = {
    ...constraints,
    ...(deviceId === undefined ? {} : { deviceId: { exact: deviceId } }),
  };
  const get = devices?.getUserMedia?.bind(devices);
  return get ? () => openDevice(get, kindOf(source), device) : null;
}

/** What is asked for in this moment. */
let asked: { wanted: MediaStreamConstraints; stream: Promise<MediaStream> } | null = null;

/** A microphone and a camera that are started in the same moment are one question to the user. */
async function openDevice(
  get: (wanted: MediaStreamConstraints) => Promise<MediaStream>,
  kind: "audio" | "video",
  device: MediaTrackConstraints,
): Promise<Tracks> {
  if (!asked || asked.wanted[kind]) {
    const wanted: MediaStreamConstraints = {};
    const ask = () => {
      asked = null;
      return get(wanted);
    };
    asked = { wanted, stream: Promise.resolve().then(ask) };
  }
  const { wanted, stream } = asked;
  wanted[kind] = device;
  try {
    return (await stream).getTracks().filter((track) => track.kind === kind);
  } catch (error) {
    const isAlone = !(wanted.audio && wanted.video);
    // One that is missing or busy does not keep the other from us. The user is not asked twice.
    if (isAlone || codeOf(error) === "media_denied") throw error;
    return (await get({ [kind]: device })).getTracks();
  }
}
