/** What has happened, and what to do or what happens next, by code. */
import type * as english from "../en/problems.js";

type Said<T> = { [Code in keyof T]: [what: string, next: string] };

export const problems: Said<typeof english.problems> = {
  // joining
  room_full: [
    "Dieser Raum ist voll.",
    "Noch einmal versuchen, wenn jemand gegangen ist, oder einen neuen Raum anlegen.",
  ],
  room_locked: [
    "Dieser Raum ist abgeschlossen.",
    "Den Gastgeber ums Aufschließen bitten, dann noch einmal versuchen.",
  ],
  room_not_found: [
    "Diesen Raum gibt es nicht, oder er ist beendet.",
    "Nach einem neuen Link fragen oder einen neuen Raum anlegen.",
  ],
  invite_required: [
    "In diesen Raum führt nur eine Einladung.",
    "Den Gastgeber um einen Einladungslink bitten.",
  ],
  invite_expired: [
    "Diese Einladung ist abgelaufen.",
    "Den Gastgeber um einen neuen Einladungslink bitten.",
  ],
  invite_used: [
    "Diese Einladung ist aufgebraucht.",
    "Den Gastgeber um einen neuen Einladungslink bitten.",
  ],
  invite_revoked: [
    "Der Gastgeber hat diese Einladung zurückgezogen.",
    "Den Gastgeber um einen neuen Einladungslink bitten.",
  ],
  invalid_name: [
    "Dieser Name geht nicht.",
    "Möglich sind bis zu 64 Zeichen: Buchstaben, Ziffern, Emojis und Leerzeichen.",
  ],
  invalid_room: [
    "So kann kein Raum heißen.",
    "Möglich sind bis zu 64 Buchstaben, Ziffern, - und _ ohne Leerzeichen, oder der Link zu einem Raum.",
  ],
  link_cut: [
    "Dieser Link ist nicht vollständig.",
    "Bitte noch einmal danach fragen und alles öffnen oder einfügen.",
  ],
  room_missing: [
    "Der Raum fehlt noch.",
    "Bitte seinen Namen oder Link eintragen, oder einen neuen Raum anlegen.",
  ],
  // losing the place in the room
  kicked: [
    "Vom Gastgeber aus diesem Raum entfernt.",
    "Falls das ein Versehen war: den Gastgeber um einen neuen Link bitten.",
  ],
  replaced: [
    "Das Gespräch geht in einem anderen Tab oder Fenster weiter.",
    "Dort weitermachen, oder hierher zurückkommen.",
  ],
  place_gone: ["Der Platz in diesem Raum ist verfallen.", "Zum Zurückkommen noch einmal betreten."],
  // the backend, the load, the browser
  backend_away: [
    "Der Server antwortet nicht.",
    "Bitte die Verbindung prüfen. Diese Seite versucht es von selbst weiter, bis der Server antwortet.",
  ],
  unavailable: [
    "Der Server ist gestört: Ein Dienst, den er braucht, antwortet nicht.",
    "Diese Seite versucht es von selbst weiter, bis es wieder geht.",
  ],
  busy: [
    "Gerade kommen sehr viele Leute herein.",
    "Diese Seite versucht es gleich von selbst noch einmal.",
  ],
  rate_limited: [
    "Das war zu viel auf einmal.",
    "Ein paar Sekunden warten, dann noch einmal versuchen.",
  ],
  day_full: [
    "Der Server hat heute alles gesendet, was er darf.",
    "Gespräche gehen weiter. Morgen noch einmal versuchen.",
  ],
  proof_required: [
    "Dieser Browser konnte nicht zeigen, dass kein Roboter am Werk ist.",
    "Viele kommen gerade herein, darum muss jeder Browser erst etwas rechnen. Gleich noch einmal versuchen.",
  ],
  bad_proof: [
    "Die Prüfung, dass kein Roboter am Werk ist, hat zu lange gedauert.",
    "Noch einmal versuchen: Meist dauert es eine Sekunde.",
  ],
  unsupported: [
    "Dieser Browser kann sich nicht mit anderen Browsern verbinden.",
    "WebRTC fehlt oder ist abgeschaltet: Ein aktueller Firefox, Chrome, Edge oder Safari kann es.",
  ],
  // inside the room
  not_direct: [
    "Zu jemandem hier kommt keine direkte Verbindung zustande.",
    "Nachrichten gehen stattdessen über den Server: Schreiben geht weiter.",
  ],
  ice_server_refused: [
    "Dieser Browser lehnt einen Server ab, der beim Verbinden hilft.",
    "Kommt zu jemandem keine Verbindung zustande, den Betreibern dieser Seite davon sagen.",
  ],
  too_large: ["Das ist zu lang zum Senden.", "Bitte in kleineren Teilen senden."],
  invalid_message: ["Das lässt sich nicht senden.", "Möglich sind 1 bis 4.096 Zeichen."],
  peer_not_found: ["Diese Person ist schon gegangen.", "Mehr ist nicht zu tun."],
  not_connected: [
    "Zu dieser Person besteht noch keine Verbindung.",
    "Noch einmal versuchen, wenn bei ihrem Namen „Verbunden“ steht.",
  ],
  no_answer: [
    "Der andere Browser antwortet nicht.",
    "Noch einmal versuchen. Bleibt es so, ist die Seite dort älter: bitte dort neu laden lassen.",
  ],
  safety_mismatch: [
    "Vielleicht hört jemand mit.",
    "Die andere Seite hat sich nicht an das gehalten, was sie zugesagt hatte. Hier nichts Geheimes sagen und anders zusammenkommen.",
  ],
  not_host: ["Das kann nur der Gastgeber.", "Bitte den Gastgeber dieses Raums fragen."],
  unknown: [
    "Etwas ist schiefgegangen.",
    "Noch einmal versuchen. Wenn es so bleibt, den Betreibern dieser Seite den Code „{code}“ nennen.",
  ],
};

export const roomProblems: Said<typeof english.roomProblems> = {
  backend_away: [
    "Das ist nicht geschehen: Der Server antwortet nicht.",
    "Noch einmal versuchen, wenn oben „Verbunden“ steht. Bestehende Gespräche laufen weiter.",
  ],
  unavailable: [
    "Das ist nicht geschehen: Ein Dienst, den der Server braucht, antwortet nicht.",
    "Gleich noch einmal versuchen. Bestehende Gespräche laufen weiter.",
  ],
  busy: ["Das ist nicht geschehen: Der Server ist überlastet.", "Gleich noch einmal versuchen."],
};
