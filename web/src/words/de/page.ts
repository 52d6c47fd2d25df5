/** Everything that the room page says in German. Nobody is addressed: actions stand in the infinitive. */
import type { Formats } from "../../language/formats.js";
import type { PageTable, PageWords } from "../en/page.js";
import { problems, roomProblems } from "./problems.js";

// the start

const start: PageWords["start"] = {
  lead: "Dateien senden und schreiben, direkt von Browser zu Browser, ohne Installation und ohne Konto.",
  form: "Einen Raum betreten",
  name: "Name (freiwillig)",
  room: "Raum",
  roomHint: "Name oder Link",
  join: "Betreten",
  create: "Neuer Raum",
  or: "oder",
  options: "Einstellungen für den neuen Raum",
  inviteOnly: "Nur mit Einladungslink",
  places: "Plätze",
};

const today = (f: Formats): PageWords["today"] => ({
  calls: (count) => `Heute ${f.count(count, { one: "Gespräch", other: "Gespräche" })}`,
  demo: (words) => `${words} (Beispieldaten)`,
  statistics: "Statistik",
});

const joining: PageWords["joining"] = {
  cancel: "Abbrechen",
  creating: "Raum wird angelegt …",
  joining: (room) => `${room} wird betreten …`,
  joiningByCode: "Der Raum wird betreten …",
  proving: "Kurze Prüfung, dass kein Roboter am Werk ist …",
};

const problem: PageWords["problem"] = {
  retry: "Noch einmal versuchen",
  return: "Hierher zurückkommen",
  dismiss: "Meldung schließen",
};

// the room

const room: PageWords["room"] = {
  named: (word) => `Raum ${word}`,
  side: "Einladung und Anwesende",
  reconnecting: "Verbindung wird wiederhergestellt … Bestehende Gespräche laufen weiter.",
  away: "Der Server antwortet nicht. Gespräche mit allen, zu denen eine direkte Verbindung besteht, laufen weiter; neu hereinkommen kann niemand. Diese Seite versucht es von selbst weiter.",
};

const head = (f: Formats): PageWords["head"] => ({
  connecting: "Verbindet …",
  connected: "Verbunden",
  reconnecting: "Verbindet neu …",
  closed: "Beendet",
  locked: "Abgeschlossen",
  lock: "Raum abschließen",
  unlock: "Raum aufschließen",
  leave: "Verlassen",
  chat: "Nachrichten",
  chatUnread: (count) => `Nachrichten: ${f.number(count)} neu`,
  people: "Anwesende",
  peopleCount: (count) => `Anwesende: ${f.number(count)}`,
});

const link: PageWords["link"] = {
  copy: "Link kopieren",
  share: "Teilen",
  copied: "Kopiert. Jetzt verschicken.",
  notCopied: "Der Browser lässt das nicht zu: bitte den markierten Link von Hand kopieren.",
  changed: "Es gibt einen neuen Link: bitte kopieren.",
  qr: "QR-Code",
  qrLabel: "QR-Code des Links",
};

const invite = (f: Formats): PageWords["invite"] => ({
  title: "Einladen",
  label: "Link zu diesem Raum",
  locked: "Der Raum ist abgeschlossen: Der Link gilt wieder, sobald er aufgeschlossen ist.",
  open: "Mit diesem Link können alle hereinkommen.",
  limited: "Dieser Link enthält eine Einladung für eine begrenzte Zahl von Personen.",
  another: "Weitere Einladung erstellen",
  make: "Neuer Einladungslink",
  uses: "Gilt für",
  time: "Dauer",
  persons: (count) => f.count(count, { one: "Person", other: "Personen" }),
  hours: (count) => f.count(count, { one: "Stunde", other: "Stunden" }),
  days: (count) => f.count(count, { one: "Tag", other: "Tage" }),
});

const people = (f: Formats): PageWords["people"] => ({
  title: (count, places) => `Anwesende (${f.number(count)} von ${f.number(places)})`,
  guest: "Gast",
  host: "Gastgeber",
  you: "Ich",
  youHost: "Ich, Gastgeber",
  remove: (name) => `${name} aus dem Raum entfernen`,
  states: {
    connecting: "Verbindet …",
    connected: "Verbunden",
    reconnecting: "Verbindet neu …",
    failed: "Fehlgeschlagen",
  },
  signs: "Was bedeuten die Zeichen?",
  paths: { direct: "direkt", relayed: "weitergeleitet", server: "über den Server" },
  pathsMean: {
    direct: "Geradewegs von Browser zu Browser.",
    relayed:
      "Von Browser zu Browser, weiterhin verschlüsselt, über einen Zwischenserver, weil ein Netz dazwischen den geraden Weg verbietet.",
    server: "Nachrichten gehen über den Server, bis die Browser einander gefunden haben.",
  },
});

const safety: PageWords["safety"] = {
  compare: "Wörter vergleichen",
  compareWith: (name) => `Wörter vergleichen mit ${name}`,
  asking: "Der andere Browser wird gefragt …",
  readAloud: "Einander vorlesen. Sind sie verschieden, hört jemand mit.",
  renewed: "Die Verbindung ist neu, darum hat sie jetzt andere Wörter.",
  again: "Noch einmal vergleichen",
  unsupported: "Über diese Verbindung lassen sich keine Wörter vergleichen.",
};

const notes: PageWords["notes"] = {
  joined: (name) => `${name} ist da`,
  left: (name) => `${name} ist gegangen`,
  kicked: (name) => `${name} wurde vom Gastgeber entfernt`,
  expired: (name) => `${name} ist nicht zurückgekommen`,
  weLocked: "Raum abgeschlossen: Niemand Neues kann hereinkommen.",
  weUnlocked: "Raum aufgeschlossen.",
  hostLocked: "Der Gastgeber hat den Raum abgeschlossen: Niemand Neues kann hereinkommen.",
  hostUnlocked: "Der Gastgeber hat den Raum aufgeschlossen.",
  inviteEnded:
    "Die Einladung der entfernten Person gilt nicht mehr. Wer noch erwartet wird, braucht den neuen Link.",
  canComeBack:
    "Mit dem Link können alle hereinkommen, auch die entfernte Person. Raum abschließen, um das zu verhindern.",
};

const chat: PageWords["chat"] = {
  title: "Gespräch",
  messages: "Nachrichten",
  newer: "Neue Nachrichten",
  aloneFirst: "Noch ist niemand sonst hier. Jetzt den Link verschicken.",
  aloneAgain: "Gerade ist niemand sonst hier. Den Link noch einmal verschicken?",
  message: "Nachricht",
  messageToAll: "Nachricht an alle hier",
  nobody: "Noch ist niemand hier, um das zu lesen. Es bleibt im Feld stehen.",
  send: "Senden",
  notSent: "nicht gesendet",
  delivered: "Zugestellt",
  undelivered: "nicht zugestellt",
  undeliveredTo: (names) => `nicht zugestellt an ${names}`,
  unheard: "niemand war da",
  viaServer: "über den Server",
  again: "Noch einmal senden",
};

const call: PageWords["call"] = {
  title: "Anruf",
  start: "Anrufen",
  join: "Mitreden",
  goesOn: "Ein Anruf läuft.",
  asking: "Mikrofon und Kamera erlauben, falls der Browser fragt.",
  alone: "Noch ist niemand sonst im Anruf.",
  hangUp: "Auflegen",
  microphone: "Mikrofon",
  camera: "Kamera",
  screen: "Bildschirm teilen",
  devices: "Geräte",
  speaker: "Lautsprecher",
  device: (kind, number) => `${kind} Nr. ${number}`,
  sound: "Ton einschalten",
  smaller: "Bilder verkleinern",
  larger: "Bilder vergrößern",
  wholeScreen: "Vollbild",
  muted: "stumm",
  you: "Eigene Kamera",
  screenOf: (name) => `Bildschirm von ${name}`,
  close: "Schließen",
  both: "Mikrofon und Kamera",
  problems: {
    media_denied: [
      "{what}: nicht erlaubt.",
      "Im Browser neben der Adresse für diese Seite erlauben, dann noch einmal drücken.",
    ],
    media_not_found: ["{what}: nicht gefunden.", "Anschließen, dann noch einmal drücken."],
    media_busy: [
      "{what}: von einem anderen Programm benutzt, oder keine Antwort.",
      "Jenes Programm schließen, dann noch einmal drücken.",
    ],
    unsupported: [
      "{what}: geht in diesem Browser nicht.",
      "Nötig: ein aktueller Browser und https.",
    ],
    other: ["{what}: ging nicht.", "Noch einmal drücken."],
  },
};

// files

const files = (f: Formats): PageWords["files"] => ({
  title: "Dateien",
  send: "Dateien senden",
  drop: "Dateien hier ablegen, um sie zu senden",
  notOffered: "Die Dateien konnten nicht angeboten werden. Bitte noch einmal versuchen.",
  waiting: (count) =>
    `${f.count(count, { one: "Datei wartet", other: "Dateien warten" })} auf die erste Person, die kommt.`,
  choose: (count) =>
    count === 1 ? "Die Datei senden an" : `Die ${f.number(count)} Dateien senden an`,
  everyone: "Alle",
  cancel: "Abbrechen",
});

const transfer: PageWords["transfer"] = {
  to: (name) => `An ${name}`,
  from: (name) => `Von ${name}`,
  button: (action, file) => `${action}: ${file}`,
  accept: "Annehmen",
  decline: "Ablehnen",
  pause: "Anhalten",
  resume: "Fortsetzen",
  cancel: "Abbrechen",
  dismiss: "Aus der Liste entfernen",
  waiting: "Wartet auf Antwort",
  starting: "Beginnt …",
  paused: "Angehalten",
  interrupted: "Unterbrochen: Es geht von selbst weiter",
  relayed: "Über einen Zwischenserver",
  relayedAtMost: (size) => `Über einen Zwischenserver, der für höchstens ${size} gedacht ist`,
  delivered: "Zugestellt",
  received: "Empfangen",
  declined: "Abgelehnt",
  cancelled: "Abgebrochen",
  failed: (why) => `Fehlgeschlagen. ${why}`,
  why: {
    file_corrupt: "Die Datei kam nicht so an, wie sie gesendet wurde.",
    file_too_large: "Die Datei ist zu groß für diesen Browser.",
    file_unreadable: "Die Datei wurde inzwischen geändert oder gelöscht.",
    file_unwritable: "Auf der Empfangsseite ist kein Platz dafür.",
    peer_gone: "Die andere Seite ist gegangen.",
    other: "Bitte noch einmal versuchen.",
  },
  of: (part, whole) => `${part} von ${whole}`,
  left: (time) => `noch ${time}`,
};

const measures = (f: Formats): PageWords["measures"] => ({
  bytes: (count) => f.count(count, { other: "Byte" }),
  units: { kilo: "kB", mega: "MB", giga: "GB", tera: "TB" },
  perSecond: (size) => `${size}/s`,
  seconds: (count) => `${f.number(count)} s`,
  minutes: (count) => `${f.number(count)} min`,
  hours: (hours, minutes) => `${f.number(hours)} h ${f.number(minutes)} min`,
});

export const page: PageTable = (f) => ({
  problems,
  roomProblems,
  language: "Sprache",
  notices: "Benachrichtigungen",
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
