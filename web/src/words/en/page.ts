/**
 * Everything that the room page says in English, by the file of `views/` that says it. A word of
 * `de/` that is missing is an error of the compiler. A name in a sentence is `Isolated`.
 */
import type { Formats } from "../../language/formats.js";
import type { Isolated } from "../../language/isolate.js";
import { problems, roomProblems } from "./problems.js";

// the start

const start = {
  lead: "Send files and talk straight from browser to browser, with nothing to install and no account.",
  form: "Join a room",
  name: "Name (optional)",
  room: "Room",
  roomHint: "Name or link",
  join: "Join",
  create: "New room",
  or: "or",
  options: "Options for the new room",
  inviteOnly: "Only with an invite link",
  places: "Places",
};

const today = (f: Formats) => ({
  calls: (count: number) => `${f.count(count, { one: "call", other: "calls" })} today`,
  demo: (words: string) => `${words} (demonstration)`,
  statistics: "Statistics",
});

const joining = {
  cancel: "Cancel",
  creating: "Making a room…",
  joining: (room: Isolated) => `Joining ${room}…`,
  joiningByCode: "Joining the room…",
  proving: "Checking that you are not a robot…",
};

const problem = {
  retry: "Try again",
  return: "Come back here",
  dismiss: "Dismiss",
};

// the room

const room = {
  /** What a created room is called, by a made-up word. */
  named: (word: string) => `Room ${word}`,
  side: "Invite and people",
  reconnecting: "Reconnecting… Connections you already have go on.",
  away: "The backend is away. You can go on talking to everyone you are connected with directly; nobody new can come in. This page keeps trying by itself.",
};

const head = (f: Formats) => ({
  connecting: "Connecting…",
  connected: "Connected",
  reconnecting: "Reconnecting…",
  closed: "Closed",
  locked: "Locked",
  lock: "Lock room",
  unlock: "Unlock room",
  leave: "Leave",
  chat: "Chat",
  chatUnread: (count: number) => `Chat: ${f.number(count)} new`,
  people: "People",
  peopleCount: (count: number) => `People: ${f.number(count)}`,
});

const link = {
  copy: "Copy link",
  share: "Share",
  copied: "Copied. Now send it.",
  notCopied: "Copy the marked link yourself: the browser does not let us.",
  changed: "There is a new link: copy it.",
  qr: "QR code",
  qrLabel: "QR code of the link",
};

const invite = (f: Formats) => ({
  title: "Invite",
  label: "Link to this room",
  locked: "The room is locked: the link works again once it is unlocked.",
  open: "Anyone with this link can join.",
  limited: "This link carries an invite, which lets in a limited number of people.",
  another: "Make another invite",
  make: "New invite link",
  uses: "Lets in",
  time: "Works for",
  persons: (count: number) => f.count(count, { one: "person", other: "people" }),
  hours: (count: number) => f.count(count, { one: "hour", other: "hours" }),
  days: (count: number) => f.count(count, { one: "day", other: "days" }),
});

const people = (f: Formats) => ({
  title: (count: number, places: number) => `People (${f.number(count)} of ${f.number(places)})`,
  guest: "Guest",
  host: "Host",
  you: "You",
  youHost: "You, host",
  remove: (name: Isolated) => `Remove ${name} from the room`,
  states: {
    connecting: "Connecting…",
    connected: "Connected",
    reconnecting: "Reconnecting…",
    failed: "Failed",
  },
  signs: "What do the signs mean?",
  /** Where the traffic to a member goes. */
  paths: { direct: "direct", relayed: "relayed", server: "via server" },
  pathsMean: {
    direct: "Straight from browser to browser.",
    relayed:
      "Browser to browser, still encrypted, through a relay, because a network forbids the direct way.",
    server: "Messages pass through the server until the browsers have found each other.",
  },
});

/** Two people compare words (`views/safety.ts`). */
const safety = {
  compare: "Compare words",
  compareWith: (name: Isolated) => `Compare words with ${name}`,
  asking: "Asking the other browser…",
  readAloud: "Read them to each other. If they differ, somebody is listening in.",
  renewed: "The connection was made anew, so it has other words now.",
  again: "Compare again",
  unsupported: "Words cannot be compared over this connection.",
};

const notes = {
  joined: (name: Isolated) => `${name} joined`,
  left: (name: Isolated) => `${name} left`,
  kicked: (name: Isolated) => `${name} was removed by the host`,
  expired: (name: Isolated) => `${name} did not come back`,
  weLocked: "You locked the room: nobody new can come in.",
  weUnlocked: "You unlocked the room.",
  hostLocked: "The host locked the room: nobody new can come in.",
  hostUnlocked: "The host unlocked the room.",
  inviteEnded:
    "The invite of the person you removed lets nobody in now. Send the new link to others.",
  canComeBack:
    "Everybody with the link can come in, also the person you removed. Lock the room to prevent it.",
};

const chat = {
  title: "Chat",
  messages: "Messages",
  newer: "New messages",
  aloneFirst: "Nobody else is here yet. Send the link.",
  aloneAgain: "Nobody else is here now. Send the link again?",
  message: "Message",
  messageToAll: "Message to everyone here",
  nobody: "Nobody is here yet. It stays in the field.",
  send: "Send",
  notSent: "not sent",
  unheard: "nobody was here",
  delivered: "Delivered",
  undelivered: "not delivered",
  /** To all the others it is. */
  undeliveredTo: (names: string) => `not delivered to ${names}`,
  viaServer: "via server",
  again: "Send again",
};

const call = {
  title: "Call",
  start: "Call",
  join: "Join the call",
  goesOn: "A call is going on.",
  asking: "Allow microphone and camera, if the browser asks.",
  alone: "Nobody else is in the call yet.",
  hangUp: "Hang up",
  microphone: "Microphone",
  camera: "Camera",
  screen: "Share screen",
  devices: "Devices",
  speaker: "Loudspeaker",
  /** A device whose name the browser does not tell. */
  device: (kind: string, number: string) => `${kind} ${number}`,
  sound: "Turn on sound",
  smaller: "Make the pictures smaller",
  larger: "Make the pictures larger",
  wholeScreen: "Full screen",
  muted: "muted",
  you: "Your camera",
  screenOf: (name: Isolated) => `Screen of ${name}`,
  close: "Close",
  both: "Microphone and camera",
  /** Before the colon stands a device, or both. */
  problems: {
    media_denied: [
      "{what}: not allowed.",
      "Allow it for this page in the browser, beside the address, and press the button again.",
    ],
    media_not_found: ["{what}: not found.", "Connect one, and press the button again."],
    media_busy: [
      "{what}: in use by another program, or not answering.",
      "Close that program, and press the button again.",
    ],
    unsupported: [
      "{what}: this browser cannot do that here.",
      "Use a current browser, and an address that begins with https.",
    ],
    other: ["{what}: that did not work.", "Press the button again."],
  },
};

// files

const files = (f: Formats) => ({
  title: "Files",
  send: "Send files",
  drop: "Drop the files here to send them",
  notOffered: "The files could not be offered. Try again.",
  /** Files wait for somebody who can get them. */
  waiting: (count: number) =>
    `${f.count(count, { one: "file waits", other: "files wait" })} for the first person who comes.`,
  choose: (count: number) =>
    count === 1 ? "Send the file to" : `Send the ${f.number(count)} files to`,
  everyone: "Everyone",
  cancel: "Cancel",
});

const transfer = {
  to: (name: Isolated) => `To ${name}`,
  from: (name: Isolated) => `From ${name}`,
  /** What a button does, and with which file. */
  button: (action: string, file: Isolated) => `${action}: ${file}`,
  accept: "Accept",
  decline: "Decline",
  pause: "Pause",
  resume: "Go on",
  cancel: "Cancel",
  dismiss: "Remove from the list",
  waiting: "Waiting for an answer",
  starting: "Starting…",
  paused: "Paused",
  interrupted: "Interrupted: it goes on by itself",
  relayed: "Through a relay",
  relayedAtMost: (size: string) => `Through a relay, which is meant for at most ${size}`,
  delivered: "Delivered",
  received: "Received",
  declined: "Not wanted",
  cancelled: "Cancelled",
  failed: (why: string) => `Failed. ${why}`,
  why: {
    file_corrupt: "It did not arrive as it was sent.",
    file_too_large: "It is too large for this browser.",
    file_unreadable: "The file was changed or removed meanwhile.",
    file_unwritable: "There is no room for it on the receiver's side.",
    peer_gone: "The other side has left.",
    other: "Try again.",
  },
  of: (part: string, whole: string) => `${part} of ${whole}`,
  left: (time: string) => `${time} left`,
};

const measures = (f: Formats) => ({
  bytes: (count: number) => f.count(count, { one: "byte", other: "bytes" }),
  /** A thousand bytes, and so on. */
  units: { kilo: "KB", mega: "MB", giga: "GB", tera: "TB" },
  perSecond: (size: string) => `${size}/s`,
  seconds: (count: number) => `${f.number(count)} s`,
  minutes: (count: number) => `${f.number(count)} min`,
  hours: (hours: number, minutes: number) => `${f.number(hours)} h ${f.number(minutes)} min`,
});

/** `f` writes numbers and times. */
export const page = (f: Formats) => ({
  problems,
  roomProblems,
  language: "Language",
  notices: "Notifications",
  start,
  today: today(f),
  joining,
  problem,
  room,
  head: head(f),
  link,
  invite: invite(f),
  people: people(f),
  safety,
  notes,
  chat,
  call,
  files: files(f),
  transfer,
  measures: measures(f),
});

/** What each language has. */
export type PageWords = ReturnType<typeof page>;
/** Makes the words of a language. */
export type PageTable = (f: Formats) => PageWords;
