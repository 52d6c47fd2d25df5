/** `window.bench` is what benchmarks/rivals/people.py asks. Times are ms since 1970. */
import { now, opened } from "./channels.js";
import { files } from "./files.js";
import { SYSTEMS } from "./systems.js";

const TALK_MS = 150;
const heard = [];
let system = null;

/** Waits for a moment more exactly than a timer does. */
async function until(ms) {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, ms - now() - 20)));
  while (now() < ms);
}

window.bench = {
  /** Ready to join. */
  use(name, servers, who) {
    system = SYSTEMS[name](servers, who);
  },

  /** The click, at that moment or at once. Answers when it was. */
  async click(room, at) {
    if (at) await until(at);
    const clicked = now();
    await system.join(room);
    return clicked;
  },

  leave: () => system.leave(),

  /** Files: see files.js. */
  files: { ...files, prepare: (name) => files.prepare(name, system) },

  /** Of ours: the connection is lost. */
  cut: () => system.connection().close(),

  /** Of ours: the time, to everyone, over and over. */
  talk() {
    const room = system.room();
    room.on("data", ({ data, via }) => void heard.push({ said: data, at: now(), via }));
    setInterval(() => void room.broadcast(now()).catch(() => {}), TALK_MS);
  },

  /** How long each text took that was said after this, ms. */
  tookSince: (began) => heard.filter(({ said }) => said > began).map(({ said, at }) => at - said),

  /** When something came that was said after this, by any way, and over the connection; or null. */
  heardSince(began) {
    const news = heard.filter(({ said }) => said > began);
    const direct = news.filter(({ via }) => via === "p2p");
    return [news, direct].map(([first]) => first?.at ?? null);
  },

  /** When the first channel of each connection opened, in order. */
  opened: () => [...opened.values()].sort((a, b) => a - b),

  /** The types of candidates that the last connection uses: ours, theirs. */
  async path() {
    const [connection] = [...opened.keys()].slice(-1);
    const stats = await connection.getStats();
    const all = [...stats.values()];
    const transport = all.find(({ type }) => type === "transport");
    const pair =
      stats.get(transport?.selectedCandidatePairId) ?? all.find(({ selected }) => selected);
    return [pair?.localCandidateId, pair?.remoteCandidateId].map(
      (id) => stats.get(id)?.candidateType ?? "?",
    );
  },

  forget: () => opened.clear(),
};
