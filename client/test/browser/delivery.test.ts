/** Who has got a message, between rooms with real connections. */
import { expect, test } from "vitest";
import type { Room } from "../../src/index.js";
import { hear } from "./hear.js";
import { until } from "./pair.js";
import { stage } from "./stage.js";

const on = stage();

async function enter(name: string): Promise<Room> {
  const room = await on.enter(name);
  await until(() => room.state === "connected");
  return room;
}

const isUp = (room: Room, peers: number) =>
  room.peers.size === peers && [...room.peers.values()].every(({ state }) => state === "connected");

async function meet(...names: string[]): Promise<Room[]> {
  for (const name of names) await enter(name);
  await until(() => on.rooms.every((room) => isUp(room, names.length - 1)));
  return on.rooms;
}

test("a message is delivered when its receiver has it", async () => {
  const [a, b] = (await meet("Ann", "Bob")) as [Room, Room];
  const [texts, data] = [hear(b, "text"), hear(b, "data")];
  expect(await a.sendText("hello").delivered).toEqual([b.self.id]);
  expect(await a.send(b.self.id, { n: 1 }).delivered).toEqual([b.self.id]);
  expect([texts.length, data.length]).toEqual([1, 1]);
});

test("one for everyone is delivered when all have it", async () => {
  const [a, b, c] = (await meet("Ann", "Bob", "Cleo")) as [Room, Room, Room];
  const all = [b, c].map((room) => hear(room, "text"));
  const peers = await a.sendText("hello").delivered;
  expect([...peers].sort()).toEqual([b.self.id, c.self.id].sort());
  expect(all.map((texts) => texts.length)).toEqual([1, 1]);
});

test("what goes through the server is delivered too", async () => {
  on.backend.losesNegotiation = true;
  const [a, b] = [await enter("Ann"), await enter("Bob")];
  await until(() => a.peers.size === 1);
  const sent = a.sendText("hello");
  expect(await sent).toBe("server");
  expect(await sent.delivered).toEqual([b.self.id]);
});

test("what is said into a channel that is dead comes by another way", async () => {
  const [a, b] = (await meet("Ann", "Bob")) as [Room, Room];
  const texts = hear(b, "text");
  b.peers.get(a.self.id)?.connection.close(); // without a word: Ann's end looks open
  const sent = a.sendText("still there?");
  expect(await sent).toBe("p2p");
  expect(await sent.delivered).toEqual([b.self.id]);
  expect(texts.map(({ text }) => text)).toEqual(["still there?"]);
});

test("what nobody gets any more is said, with who it is", async () => {
  on.backend.losesNegotiation = true;
  const [a, b] = [await enter("Ann"), await enter("Bob")];
  await until(() => a.peers.size === 1);
  on.backend.loses = 1;
  const sent = a.sendText("too late");
  expect(await sent).toBe("server");
  await b.leave();
  await expect(sent.delivered).rejects.toMatchObject({ code: "peer_gone", peers: [b.self.id] });
});

test("what cannot be sent is refused in both ways", async () => {
  const a = await enter("Ann");
  const sent = a.sendText("hi", "PPPPPPPPPPPPPPP9");
  await expect(sent).rejects.toMatchObject({ code: "peer_not_found" });
  await expect(sent.delivered).rejects.toMatchObject({ code: "peer_not_found" });
  expect(await a.broadcast("anyone?").delivered).toEqual([]);
});
