/**
 * Runs in a page before its own scripts: notes what the page is told, shows and sends.
 * `window.chaos` is read by page.py. Times are ms since 1970. A stay is from one admission to the next.
 *
 * `CONFIG` is put before this text: `stamps`, the number of the stamp at each port; `blocked`, no path
 * between peers is ever found, as behind the worst of networks, so all text goes through the servers;
 * `talkMs`, between two texts.
 */

const REPORTS = "chaos.reports"; // in localStorage, which outlives the page
const ENDED = "chaos.ended"; // there, too: the stays of pages that were told of their end
const LOOK_MS = 20;
const RECONNECTING = "reconnecting";

const newName = () => Math.random().toString(36).slice(2);

const stampOf = (url) => CONFIG.stamps[new URL(url, location.href).port] ?? null;
/** The id of the text in an envelope, or undefined: in a hub message the envelope is text, too. */
const textIn = (body) =>
  typeof body === "string" ? /kind\W+text\W.*text\W+([a-z0-9]+-\d+)/.exec(body)?.[1] : undefined;
const isUp = ({ state }) => state === "connected";
const read = (key) => JSON.parse(localStorage.getItem(key) ?? "[]");
const add = (key, one) => localStorage.setItem(key, JSON.stringify([...read(key), one]));
const roomOf = () => window.heliograph?.room ?? null;

/** Sockets, connections, texts and reports of this page, and what it was told. */
class Notes {
  stay = newName(); // from one admission to the next
  said = [];
  shown = [];
  alarms = [];
  alarm = ""; // what the page says
  room = null;
  began = null;
  up = null;
  met = 0;
  lastStamp = null; // by which the last text went
  sockets = new Set();
  connections = new WeakMap(); // their numbers
  made = 0;

  connection(connection) {
    this.made += 1;
    this.connections.set(connection, this.made);
  }

  socket(socket) {
    this.sockets.add(socket);
    socket.addEventListener("close", () => this.sockets.delete(socket));
  }

  sent(url, body) {
    const id = textIn(body);
    if (id === undefined) return;
    this.lastStamp = stampOf(url);
    const text = this.said.findLast((one) => one.id === id);
    text?.tries.push([this.lastStamp, Date.now() - text.at]);
  }

  report(body, reached) {
    const { met, side, token } = JSON.parse(body);
    const one = { met, side, token, stay: this.stay, at: Date.now(), reached };
    add(REPORTS, one);
  }

  raise(words) {
    this.alarms.push({ at: Date.now(), stay: this.stay, words, endedAt: null });
  }

  /** What was raised is over. */
  calm(isOver) {
    for (const alarm of this.alarms) {
      if (alarm.endedAt === null && isOver(alarm)) alarm.endedAt = Date.now();
    }
  }

  /** The room that the page is in, and a banner or an error, once when it comes up. */
  look() {
    const room = roomOf();
    if (room && room !== this.room) this.enter(room);
    if (room && this.up === null && [...room.peers.values()].some(isUp)) this.up = Date.now();
    const sign = document.querySelector('[data-testid="banner"],[data-testid="error"]');
    const words = sign ? (sign.dataset.code ?? "banner") : "";
    if (words !== this.alarm) this.calm(({ words }) => words === this.alarm);
    if (words && words !== this.alarm && this.began !== null) this.raise(words);
    this.alarm = words;
  }

  enter(room) {
    if (this.room) this.stay = newName();
    [this.room, this.began, this.up, this.met] = [room, Date.now(), null, room.peers.size];
    const { stay } = this;
    room.on("text", ({ text }) => this.shown.push({ id: text, stay, at: Date.now() }));
    room.on("state", ({ state }) => {
      if (state === RECONNECTING) this.raise(RECONNECTING);
      else this.calm(({ words }) => words === RECONNECTING);
    });
    room.on("peer-joined", () => {
      this.met += 1;
    });
  }

  /** Sends a text: to everyone, or every other time to the one who is there. Its id, or null. */
  say(dead = false) {
    const to = [...(roomOf()?.peers.keys() ?? [])];
    if (to.length === 0) return null;
    const { stay, said } = this;
    const text = { id: `${stay}-${said.length}`, stay, to, at: Date.now(), taken: null, dead };
    text.tries = []; // by which stamp, after how many ms
    this.said.push(text);
    const peer = to.length === 1 && this.said.length % 2 ? to[0] : undefined;
    const taken = () => {
      text.taken = Date.now();
    };
    roomOf()
      .sendText(text.id, peer)
      .then(taken, () => {});
    return text.id;
  }

  /** The stamps to which a socket is open. */
  openSockets() {
    const open = [...this.sockets].filter(({ readyState }) => readyState === WebSocket.OPEN);
    return [...new Set(open.map(({ url }) => stampOf(url)))].sort();
  }

  peers() {
    return [...(roomOf()?.peers.values() ?? [])].map(({ id, state, connection }) => ({
      id,
      state,
      connection: this.connections.get(connection) ?? 0,
      connectionState: connection.connectionState,
    }));
  }

  /** What is so, and what has happened since the last call. */
  take() {
    const news = {
      shown: this.shown.splice(0),
      alarms: this.alarms,
      reports: read(REPORTS),
      ended: read(ENDED),
      said: this.said.filter(({ told }) => !told),
    };
    for (const key of [REPORTS, ENDED]) localStorage.removeItem(key);
    const { began, up, met, alarm } = this;
    const [room, sockets, peers] = [roomOf(), this.openSockets(), this.peers()];
    const [self, state] = [room?.self.id ?? null, room?.state ?? null];
    const taken = { stay: this.stay, began, up, met, alarm, self, state, sockets, peers };
    const copy = JSON.parse(JSON.stringify({ ...taken, ...news }));
    for (const text of news.said) text.told = text.taken !== null;
    this.alarms = this.alarms.filter(({ endedAt }) => endedAt === null);
    return copy;
  }
}

const notes = new Notes();

function wrapConnections() {
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      notes.socket(this);
    }
    send(data) {
      notes.sent(this.url, data);
      super.send(data);
    }
  };
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(given) {
      super(CONFIG.blocked ? { ...given, iceServers: [], iceTransportPolicy: "relay" } : given);
      notes.connection(this);
    }
  };
}

function wrapCalls() {
  const texts = new WeakMap(); // of blobs: their content can be read at once by no other way
  window.Blob = class extends Blob {
    constructor(parts, options) {
      super(parts, options);
      texts.set(this, parts?.[0]);
    }
  };
  const beacon = navigator.sendBeacon.bind(navigator);
  navigator.sendBeacon = (url, body) => {
    if (String(url).endsWith("/report")) notes.report(texts.get(body), false);
    return beacon(url, body);
  };
  const plain = window.fetch;
  window.fetch = async (what, init) => {
    const url = String(what.url ?? what);
    if (url.endsWith("/signal")) notes.sent(url, init?.body);
    if (!url.endsWith("/report")) return plain(what, init);
    notes.report(init.body, false);
    const answer = await plain(what, init);
    if (answer.status === 202) notes.report(init.body, true);
    return answer;
  };
}

wrapConnections();
wrapCalls();
addEventListener("pagehide", () => add(ENDED, notes.stay));
setInterval(() => notes.look(), LOOK_MS);
const talking = setInterval(() => notes.say(), CONFIG.talkMs);
window.chaos = {
  take: () => notes.take(),
  /** `stamp` has just died. */
  probe: (stamp) => notes.say(notes.lastStamp === stamp),
  lastStamp: () => notes.lastStamp,
  quiet: () => clearInterval(talking),
};
