import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "./pair.js";
import { Member, Town } from "./town.js";

const A = "AAAAAAAAAAAAAAAA";
const B = "BBBBBBBBBBBBBBBB";
const C = "CCCCCCCCCCCCCCCC";

let town: Town;
beforeEach(() => {
  town = new Town();
});
afterEach(() => town.close());

const met = (member: Member, ...ids: string[]) =>
  until(() => ids.every((id) => member.peer(id)?.state === "connected"));

async function parked(id: string): Promise<Member> {
  const member = town.enter(id);
  await until(() => town.parked.has(id));
  return member;
}

test.each([
  [A, B],
  [B, A],
])("%s waits, %s comes: three messages at most", async (first, second) => {
  const waiting = await parked(first);
  const newcomer = town.enter(second);
  await met(waiting, second);
  await met(newcomer, first);
  expect(waiting.kinds).toEqual(["park"]);
  expect(newcomer.kinds[0]).toBe("answer");
  expect(newcomer.kinds.length).toBeLessThanOrEqual(2);
  expect(waiting.peer(second)?.name).toBe(`name of ${second[0]}`);
  expect(waiting.log["peer-joined"]).toHaveLength(1);
});

test("a third member offers to both, who park no more", async () => {
  const a = await parked(A);
  const b = town.enter(B);
  await met(a, B);
  const c = town.enter(C);
  await met(a, B, C);
  await met(b, A, C);
  await met(c, A, B);
  expect(c.kinds.filter((kind) => kind === "offer")).toHaveLength(2);
  expect([...a.kinds, ...b.kinds].filter((kind) => kind === "park")).toHaveLength(1);
});

test("an offer that meets no parked one connects as well", async () => {
  const a = town.enter(A);
  const b = town.enter(B); // before a's offer is parked
  await met(a, B);
  await met(b, A);
});

test("candidates of a stranger that come before its offer are kept for it", async () => {
  const a = town.enter(A);
  let split = 0;
  town.lose = (envelope, from) => {
    if (envelope.kind !== "offer" || from !== B) return false;
    split += 1;
    const { pc, sdp } = envelope.body;
    const lines = sdp.match(/^a=candidate:.*(?=\r\n)/gm) ?? [];
    const candidates = lines.map((line) => ({ candidate: line.slice(2), sdpMid: "0" }));
    const bare = sdp.replace(/^a=candidate:.*\r\n/gm, "");
    const signal = { target: "signal" as const, from: B };
    const batch = { kind: "candidates" as const, body: { pc, candidates } };
    a.union.pushed({ ...signal, seq: envelope.seq + 500_000, message: batch });
    const offer = { kind: "offer" as const, body: { pc, sdp: bare } };
    setTimeout(() => a.union.pushed({ ...signal, seq: envelope.seq, message: offer }), 5);
    return true;
  };
  const b = new Member(B, town); // nobody has heard of it yet
  town.seat(B, b);
  b.union.admitted(town.admission(B));
  await met(a, B);
  expect(split).toBe(1);
  expect(a.peer(B)?.connection.remoteDescription?.sdp).toContain("a=candidate");
});

test("what was said before a socket was open is said again when it is", async () => {
  const a = town.enter(A);
  town.lose = (_, from) => from === A && !hears.has(B);
  const hears = new Set<string>();
  const b = new Member(B, town);
  town.seat(B, b);
  b.union.admitted(town.admission(B));
  await until(() => a.kinds.includes("answer"));
  hears.add(B);
  const start = performance.now();
  a.union.pushed({ target: "joined", peer: B, name: "Bob", role: "guest", visit: 9 });
  await met(b, A);
  expect(performance.now() - start).toBeLessThan(700);
});

test("the offer that was taken is lost and the newcomer's comes again", async () => {
  let lost = 0;
  town.lose = ({ kind }) => kind === "answer" && lost++ === 0;
  const a = await parked(A);
  const b = town.enter(B);
  await met(a, B);
  await met(b, A);
});

test("joined may come before the answer to the parked offer", async () => {
  const a = await parked(A);
  a.union.pushed({ target: "joined", peer: B, name: "Bob", role: "guest", visit: 9 });
  const b = town.enter(B);
  await met(a, B);
  await met(b, A);
  expect(a.peer(B)?.name).not.toBe("");
  expect(a.log.connection.map(({ connection }) => connection)).toEqual([a.peer(B)?.connection]);
});

test("whoever is alone again parks again", async () => {
  const a = await parked(A);
  const b = town.enter(B);
  await met(a, B);
  await met(b, A);
  town.present.delete(B);
  b.members.bye({ v: 1, seq: Date.now() * 1_000 + 99, kind: "bye", body: {} });
  await until(() => a.log["peer-left"].length === 1);
  expect(a.log["peer-left"][0]?.reason).toBe("left");
  town.tell(B, "left");
  expect(a.log["peer-left"]).toHaveLength(1);
  await until(() => a.kinds.filter((kind) => kind === "park").length === 2);
  b.members.close();
  const c = town.enter(C);
  await met(a, C);
  await met(c, A);
});

test("a disconnected member whose connection works stays, and is dropped when it does not", async () => {
  const a = await parked(A);
  const b = town.enter(B);
  await met(a, B);
  town.tell(B, "disconnected");
  town.tell(B, "left", "expired");
  expect(a.peer(B)?.state).toBe("connected");
  expect(a.log["peer-left"]).toEqual([]);
  b.members.close();
  await until(() => a.peer(B)?.state === "reconnecting");
  a.union.pushed({ target: "left", peer: B, reason: "expired", visit: 9 });
  expect(a.peer(B)).toBeDefined(); // it has 30 s to come back
});

test("a member who is not listed any more stays while its connection works", async () => {
  const a = await parked(A);
  town.enter(B);
  await met(a, B);
  a.union.admitted({ ...town.admission(A), peers: [] });
  expect(a.peer(B)?.state).toBe("connected");
});

test("a page that reloads comes back as the same peer", async () => {
  const a = await parked(A);
  const b = town.enter(B);
  await met(a, B);
  const before = a.peer(B)?.connection;
  b.members.close();
  const again = town.enter(B);
  await met(again, A);
  await until(() => a.peer(B)?.state === "connected" && a.peer(B)?.connection !== before);
  expect(a.log["peer-joined"]).toHaveLength(1);
  expect(a.log.connection.length).toBeGreaterThan(1);
});

test("one who said bye and comes back under the same id is met at once", async () => {
  const a = await parked(A);
  const b = town.enter(B);
  await met(a, B);
  await met(b, A);
  b.members.bye({ v: 1, seq: Date.now() * 1_000, kind: "bye", body: {} });
  await until(() => a.peer(B) === undefined);
  b.members.close();
  await new Promise((resolve) => setTimeout(resolve, 150));
  const again = town.enter(B);
  await met(a, B);
  await met(again, A);
});

test("what a kicked member still had under way does not bring it back", async () => {
  const a = await parked(A);
  const b = town.enter(B);
  await met(a, B);
  a.union.pushed({ target: "left", peer: B, reason: "kicked", visit: 9 });
  town.forward(B, { v: 1, seq: (b.sent[0]?.seq ?? 0) + 5, kind: "text", body: { text: "late" } });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(a.log.text).toEqual([]);
  expect(a.peer(B)).toBeUndefined();
});

test("text through the servers is heard once, and not by its sender", async () => {
  const a = await parked(A);
  const text = { v: 1 as const, seq: 7, kind: "text" as const, body: { text: "hello" } };
  town.enter(B);
  await met(a, B);
  town.forward(B, text);
  town.forward(B, text);
  town.forward(B, { ...text, seq: 8, to: A });
  await until(() => a.log.text.length === 2);
  expect(a.log.text.map(({ text, via, broadcast }) => [text, via, broadcast])).toEqual([
    ["hello", "server", true],
    ["hello", "server", false],
  ]);
  expect(town.present.get(B)?.log.text).toEqual([]);
});

test("a stranger's answer gets an offer, for it wants a connection", async () => {
  const a = await parked(A);
  const b = town.enter(B);
  await met(a, B);
  a.union.pushed({ target: "left", peer: B, reason: "expired", visit: 9 });
  a.members.close();
  const anew = new (a.constructor as typeof Member)(A, town);
  town.seat(A, anew);
  const late = b.sent.find(({ kind }) => kind === "answer");
  if (!late) throw new Error("no answer");
  town.forward(B, { ...late, seq: late.seq + 1_000 });
  await met(anew, B);
});
