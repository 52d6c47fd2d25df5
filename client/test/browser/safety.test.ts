/** Safety words between real connections, with and without somebody in between. */
import { afterEach, describe, expect, test } from "vitest";
import { Middle } from "./middle.js";
import { bothUp, Pair, type Side, until } from "./pair.js";

let open: { close(): void }[] = [];
afterEach(() => {
  for (const each of open) each.close();
  open = [];
});

async function meet(): Promise<Pair> {
  const pair = new Pair({ starts: ["offer", "wait"] });
  open.push(pair);
  await bothUp(pair);
  return pair;
}

async function meetThroughSomebody(): Promise<Middle> {
  const middle = new Middle();
  open.push(middle);
  await bothUp(middle.pair);
  return middle;
}

const shown = ({ peer }: Side): string | undefined => peer.words?.join(" ");

test.each(["polite", "impolite"] as const)(
  "both sides have the same three words when the %s one asks",
  async (asking) => {
    const pair = await meet();
    expect(pair.sides.map(shown)).toEqual([undefined, undefined]);
    const words = await pair[asking].peer.safetyWords();
    expect(words).toHaveLength(3);
    await until(() => pair.sides.every((side) => shown(side) === words.join(" ")));
    for (const { peer } of pair.sides) expect(await peer.safetyWords()).toEqual(words);
    expect(pair.sides.flatMap(({ failures }) => failures)).toEqual([]);
  },
);

test("two who ask at once get the same words", async () => {
  const { polite, impolite } = await meet();
  const all = await Promise.all([polite, impolite].map(({ peer }) => peer.safetyWords()));
  expect(all[0]).toEqual(all[1]);
});

test("nothing of it goes through the servers", async () => {
  const pair = await meet();
  const before = pair.kinds.length;
  await pair.polite.peer.safetyWords();
  expect(pair.kinds.length).toBe(before);
});

test("they hold when a track is added and when ICE is restarted", async () => {
  const pair = await meet();
  const words = await pair.polite.peer.safetyWords();
  const { stream } = new AudioContext().createMediaStreamDestination();
  for (const track of stream.getTracks()) pair.polite.peer.connection.addTrack(track, stream);
  await until(() => pair.impolite.tracks.length === 1);
  const before = pair.impolite.peer.connection.currentLocalDescription?.sdp;
  pair.impolite.peer.connection.restartIce();
  await until(() => {
    const { currentLocalDescription, signalingState } = pair.impolite.peer.connection;
    return signalingState === "stable" && currentLocalDescription?.sdp !== before;
  });
  expect(pair.sides.map(({ peer }) => peer.words)).toEqual([words, words]);
  expect(await pair.impolite.peer.safetyWords()).toEqual(words);
});

test("a new connection has new ones, and those of before are taken back", async () => {
  const pair = await meet();
  const before = await pair.polite.peer.safetyWords();
  await until(() => pair.sides.every(({ peer }) => peer.words !== null));
  pair.impolite.peer.connection.close();
  await until(() => pair.sides.every(({ peer }) => peer.words === null));
  await bothUp(pair, 12_000);
  const after = await pair.impolite.peer.safetyWords();
  expect(after).not.toEqual(before);
  expect(await pair.polite.peer.safetyWords()).toEqual(after);
});

test("without a connection there are none", async () => {
  const pair = new Pair({ starts: ["wait", "wait"], lose: () => true });
  open.push(pair);
  await expect(pair.polite.peer.safetyWords()).rejects.toMatchObject({ code: "not_connected" });
});

describe("somebody in between", () => {
  test("who reads and passes on everything is given away: the words differ", async () => {
    const middle = await meetThroughSomebody();
    const read: string[] = [];
    middle.change = (text) => {
      read.push(text);
      return text;
    };
    const { polite, impolite } = middle.pair;
    await polite.peer.say({ v: 1, seq: 1, kind: "text", body: { text: "a secret" } });
    await until(() => impolite.heard.length === 1);
    expect(read.join()).toContain("a secret"); // that is what they are in danger of
    const words = await polite.peer.safetyWords();
    await until(() => impolite.peer.words !== null);
    expect(words).toHaveLength(3);
    expect(impolite.peer.words).toHaveLength(3);
    expect(impolite.peer.words).not.toEqual(words);
    const steps = read.map((text) => (text ? JSON.parse(text) : {})).map(({ body }) => body?.step);
    expect(steps.filter(Boolean)).toEqual(["ask", "commit", "nonce", "reveal"]);
  });

  test("who reveals another nonce than was promised is refused, and nobody is shown words", async () => {
    const middle = await meetThroughSomebody();
    middle.change = (text) => {
      const body = text ? JSON.parse(text).body : {};
      return body.step === "reveal" ? text.replace(body.nonce, "A".repeat(43)) : text;
    };
    const { polite } = middle.pair;
    await expect(polite.peer.safetyWords()).rejects.toMatchObject({ code: "safety_mismatch" });
    expect([polite.peer.words, polite.failures]).toEqual([null, ["safety_mismatch"]]);
  });

  test("who keeps an answer back makes no words", async () => {
    const middle = await meetThroughSomebody();
    middle.change = (text) => (text.includes('"nonce"') ? null : text);
    const { polite, impolite } = middle.pair;
    const asked = [polite, impolite].map(({ peer }) => peer.safetyWords());
    for (const each of asked) await expect(each).rejects.toMatchObject({ code: "no_answer" });
    expect([polite.peer.words, impolite.peer.words]).toEqual([null, null]);
  });
});
