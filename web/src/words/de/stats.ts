/** Everything that the statistics page says in German. */
import type { Formats } from "../../language/formats.js";
import type { StatsTable, StatsWords } from "../en/stats.js";

const frame: StatsWords["frame"] = {
  tab: "Statistik · Heliograph",
  newRoom: "Neuer Raum",
  title: "Statistik",
  lead: "Wie Gespräche hier verlaufen. Gezählt ohne Namen, Adressen und Räume.",
  demo: "Beispieldaten. ",
  demoMeans: "Erfunden, nicht gemessen: Diese Gespräche hat niemand geführt.",
  foot: "Tage sind die der Weltzeit (UTC). Wo nur wenige Gespräche waren, bleibt eine Lücke, damit niemand herauszulesen ist.",
  startRoom: "Raum anlegen",
  away: "Die Statistik ist gerade nicht da.",
  retry: "Noch einmal versuchen",
  range: "Zeitraum",
  key: "Legende",
  reading: "Diagramm, mit Pfeiltasten zu lesen",
  numbers: "Zahlen zeigen",
};

const ranges: StatsWords["ranges"] = { 7: "7 Tage", 30: "30 Tage", 90: "90 Tage", 365: "1 Jahr" };
const spans: StatsWords["spans"] = {
  7: "in 7 Tagen",
  30: "in 30 Tagen",
  90: "in 90 Tagen",
  365: "in 1 Jahr",
};

const TRYING = "Diese Seite versucht es von selbst weiter.";

const screen: StatsWords["screen"] = {
  asking: "Wird abgefragt …",
  asOf: (when) => `Stand: ${when}`,
  goesOn: `Gespräche gehen trotzdem weiter. ${TRYING}`,
  old: (when) => `Diese Zahlen sind die letzten, die wir haben. Stand: ${when}. ${TRYING}`,
  none: "Noch keine Gespräche",
  noneSoon: "Die ersten erscheinen hier nach ein, zwei Minuten.",
  few: "Zu wenige Gespräche",
  fewSoon: (why) => `${why} Sie erscheinen, sobald es genug sind.`,
  fewInRange: "Zu wenige Gespräche in diesem Zeitraum",
  longer: (why, calls) =>
    `${why} Insgesamt waren es ${calls}: bitte einen längeren Zeitraum wählen.`,
};

const withheld: StatsWords["withheld"] = {
  tooFew: (k) => `weniger als ${k}`,
  why: (k) =>
    `Zahlen über weniger als ${k} Gespräche werden nicht gezeigt, damit niemand herauszulesen ist.`,
};

const figures = (f: Formats): StatsWords["figures"] => ({
  calls: "Gespräche heute",
  callsOf: (day) => `Gespräche am ${day}`,
  success: "Zustande gekommen",
  connect: "Zeit bis zur Verbindung (Median)",
  relayed: "Weitergeleitet",
  cost: `Kosten von ${f.number(1_000)} Gesprächen`,
  notKnown: "Nicht bekannt",
  tooFew: "Zu wenige",
  inAll: (parts) => `${f.list(parts)} insgesamt`,
  callCount: (count) => f.count(count, { one: "Gespräch", other: "Gespräche" }),
  peopleCount: (count) => f.count(count, { one: "Person", other: "Personen" }),
  ofAll: (span) => `von allen, ${span}`,
  within: (time, span) => `95 von 100 innerhalb von ${time}, ${span}`,
  throughRelays: (bytes, span) => `${bytes} über Zwischenserver ${span}`,
  listPrices: "alle Dienste, zu Listenpreisen",
});

const phases: StatsWords["phases"] = {
  admit: "Hereinkommen",
  signal: "Angebot und Antwort",
  ice: "Weg finden",
  dtls: "Schlüssel vereinbaren",
  open: "Kanal öffnen",
};

const candidateTypes: StatsWords["candidateTypes"] = {
  host: "Selbes Netz",
  srflx: "Direkt",
  prflx: "Direkt, spät gefunden",
  relay: "Weitergeleitet",
};

const failures: StatsWords["failures"] = {
  "failed-ice": "ohne Weg zueinander",
  "failed-dtls": "ohne gemeinsamen Schlüssel",
  "failed-signaling": "ohne einander zu erreichen",
  "left-early": "vor der Verbindung verlassen",
  other: "aus anderen Gründen beendet",
};

const kinds = (f: Formats): StatsWords["kinds"] => ({
  calls: { title: "Gespräche", says: "Zwei Personen, die sich verbinden, sind ein Gespräch." },
  connect: {
    title: "Zeit bis zur Verbindung",
    says: "Vom Klick bis zum offenen Kanal: Die Hälfte aller Gespräche ist schneller als die gestrichelte Linie, 95 von 100 sind schneller als die durchgezogene. Die Säulen darunter zeigen, wo die Zeit bleibt, nach dem Median jedes Schritts; Schritte überlappen sich, und Mediane lassen sich nicht addieren.",
  },
  paths: {
    title: "Wege",
    says: "Wie die Browser einander erreicht haben. Nur Gespräche über einen Zwischenserver brauchen einen Server in der Mitte. Wege mit zu wenigen Gesprächen fehlen in einer Säule.",
  },
  success: { title: "Erfolg", says: "Der Anteil der Gespräche, die zustande kamen." },
  cost: {
    title: "Kosten",
    says: `Was die Gespräche zu Listenpreisen kosten, alle Dienste zusammen: oben ${f.number(1_000)} Gespräche, unten alle.`,
  },
});

const series = (f: Formats): StatsWords["series"] => ({
  calls: "Gespräche",
  people: "Personen",
  p95: "95 von 100 (p95)",
  p50: "Die Hälfte (p50)",
  connected: "Zustande gekommen",
  costInAll: "Insgesamt",
  costOfThousand: `Von ${f.number(1_000)} Gesprächen`,
});

const plots = (f: Formats): StatsWords["plots"] => {
  const by = { day: "je Tag", week: "je Woche" };
  return {
    calls: (each) => `Gespräche und Personen, ${by[each]}`,
    connect: (each) => `Zeit bis zur Verbindung und Median ihrer Schritte, ${by[each]}`,
    paths: (each) => `Anteile der Wege, ${by[each]}`,
    success: (each) => `Anteil der Gespräche, die zustande kamen, ${by[each]}`,
    cost: (each) => `Kosten insgesamt und von ${f.number(1_000)} Gesprächen, ${by[each]}`,
    costAxis: { day: "Je Tag", week: "Je Woche" },
    inAll: "Insgesamt",
    byStep: "Je Schritt",
    share: "Anteil der Gespräche",
    weekMedian: "Eine Woche zeigt den mittleren ihrer Tage.",
    scaleFrom: (share) => `Die Skala beginnt bei ${share}.`,
    failed: (reasons) => `Nicht zustande gekommen: ${reasons.join(", ")}.`,
    costNotKnown: "Die Kosten sind nicht bekannt.",
    notKnown: "nicht bekannt",
    heads: { day: "Tag", week: "Woche" },
    week: (date) => `Woche ab ${date}`,
    soFar: (period) => `${period}, bis jetzt`,
    span: (least, most) => `${least} bis ${most}`,
  };
};

export const stats: StatsTable = (f) => ({
  language: "Sprache",
  frame,
  ranges,
  spans,
  screen,
  withheld,
  figures: figures(f),
  phases,
  candidateTypes,
  failures,
  kinds: kinds(f),
  series: series(f),
  plots: plots(f),
});
