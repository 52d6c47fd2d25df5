/** Files between two members, over real connections. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { BLOCK_BYTES } from "../../src/files/messages.js";
import type { OutgoingFile } from "../../src/files/outgoing-file.js";
import { bytes, digest, FilePair, type FileSide } from "./file-pair.js";
import { until } from "./pair.js";

const MB = 1_048_576;
let files: FilePair;
afterEach(async () => {
  files?.close();
  vi.restoreAllMocks();
  vi.useRealTimers();
  const root = await navigator.storage.getDirectory();
  await root.removeEntry("heliograph-files", { recursive: true }).catch(() => {});
});

const up = async () => (files = await FilePair.up());
const sendFrom = (side: FileSide, what: Blob, path = "a.bin"): OutgoingFile => {
  const [sent] = side.transfers.send(what, { path });
  if (!sent) throw new Error("nobody to send to");
  return sent;
};
const offeredTo = async (side: FileSide, nth = 0) => {
  await until(() => side.offered.length > nth);
  const file = side.offered[nth];
  if (!file) throw new Error("nothing was offered");
  return file;
};

describe("a file", () => {
  test.each([
    ["nothing", 0],
    ["one byte", 1],
    ["a block", BLOCK_BYTES],
    ["a block and a byte", BLOCK_BYTES + 1],
    ["many blocks", 9 * MB + 12_345],
  ])("%s arrives as it was", async (_, size) => {
    const { ann, bob } = await up();
    const file = new File([bytes(size)], "a.bin", { type: "application/x-thing" });
    const sent = sendFrom(ann, file, "");
    const got = await offeredTo(bob);
    expect(got).toMatchObject({ direction: "down", name: "a.bin", size, type: file.type });
    const blob = await got.done;
    await sent.done;
    expect(blob?.size).toBe(size);
    expect(await digest(blob)).toBe(await digest(file));
    expect([sent.state, got.state]).toEqual(["done", "done"]);
    expect([sent.bytes, got.bytes]).toEqual([size, size]);
  });

  test("goes from disk to disk, in more than one part", async () => {
    const { ann, bob } = await up();
    const file = new Blob([bytes(37 * MB)]);
    sendFrom(ann, file);
    const got = await offeredTo(bob);
    expect(await digest(await got.done)).toBe(await digest(file));
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle("heliograph-files");
    await folder.getDirectoryHandle(got.id); // rejects if it went to memory
  });

  test("goes into a stream of the application, in order", async () => {
    const { ann, bob } = await up();
    const file = new Blob([bytes(3 * MB + 5)]);
    const parts: Uint8Array<ArrayBuffer>[] = [];
    bob.target = () => new WritableStream({ write: (part) => void parts.push(part) });
    sendFrom(ann, file);
    expect(await (await offeredTo(bob)).done).toBeNull();
    expect(await digest(new Blob(parts))).toBe(await digest(file));
  });

  test("says how far it is, on both sides", async () => {
    const { ann, bob } = await up();
    const sent = sendFrom(ann, new Blob([bytes(36 * MB)]));
    const got = await offeredTo(bob);
    await until(() => sent.bytes > 8 * MB && sent.bytesPerSecond > 0);
    expect(sent.secondsLeft).toBeGreaterThan(0);
    expect(got.bytes).toBeGreaterThanOrEqual(sent.bytes);
    await Promise.all([sent.done, got.done]);
    expect(ann.states.get(sent.id)).toEqual(["offered", "accepted", "moving", "done"]);
    expect(bob.states.get(sent.id)).toEqual(["accepted", "moving", "done"]); // `offered`, before that
  });
});

test("several files and folders go at once, each with its path", async () => {
  const { ann, bob } = await up();
  const all = ["a/1.bin", "a/b/2.bin", "../3.bin"].map((path, n) => {
    return { path, file: new Blob([bytes((n + 1) * 700_000, n + 1)]) };
  });
  for (const { path, file } of all) sendFrom(ann, file, path);
  const back = sendFrom(bob, new Blob([bytes(5 * MB, 9)]), "back.bin");
  const got = await Promise.all([0, 1, 2].map((n) => offeredTo(bob, n)));
  expect(got.map(({ path }) => path)).toEqual(["a/1.bin", "a/b/2.bin", "3.bin"]);
  const blobs = await Promise.all(got.map(({ done }) => done));
  expect(await Promise.all(blobs.map(digest))).toEqual(
    await Promise.all(all.map(({ file }) => digest(file))),
  );
  await back.done;
});

describe("a stream", () => {
  const stream = (parts: readonly Uint8Array[]) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const part of parts) controller.enqueue(part);
        controller.close();
      },
    });

  test("of unknown length arrives, and is known to be whole", async () => {
    const { ann, bob } = await up();
    const parts = [bytes(MB + 3, 1), bytes(17, 2), bytes(2 * MB, 3)];
    const [sent] = ann.transfers.send(stream(parts), { path: "log.txt", type: "text/plain" });
    const got = await offeredTo(bob);
    expect(got).toMatchObject({ size: null, secondsLeft: null, type: "text/plain" });
    expect(await digest(await got.done)).toBe(await digest(new Blob(parts)));
    await sent?.done;
  });

  test.each([
    ["shorter", 10],
    ["longer", 3],
  ])("that is %s than was said fails on both sides", async (_, size) => {
    const { ann, bob } = await up();
    const [sent] = ann.transfers.send(stream([bytes(5)]), { path: "a", size });
    const got = await offeredTo(bob);
    await expect(sent?.done).rejects.toMatchObject({ code: "file_unreadable" });
    await expect(got.done).rejects.toMatchObject({ code: "file_unreadable" });
  });

  test("that breaks off fails on both sides", async () => {
    const { ann, bob } = await up();
    const broken = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error("no disk")),
    });
    const [sent] = ann.transfers.send(broken, { path: "a" });
    const got = await offeredTo(bob);
    await expect(sent?.done).rejects.toMatchObject({ code: "file_unreadable" });
    await expect(got.done).rejects.toMatchObject({ code: "file_unreadable" });
    expect([sent?.state, got.state]).toEqual(["failed", "failed"]);
  });
});

describe("who decides", () => {
  const both = async (target: FileSide["target"] = () => undefined, size = 36 * MB) => {
    await up();
    files.bob.target = target;
    const sent = sendFrom(files.ann, new Blob([bytes(size)]));
    return { sent, got: await offeredTo(files.bob) };
  };

  test("a file that is not answered does not move", async () => {
    const { sent, got } = await both(null, 100);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect([sent.state, got.state, got.bytes]).toEqual(["offered", "offered", 0]);
    await got.accept();
    await Promise.all([sent.done, got.done]);
  });

  test("the receiver declines", async () => {
    const { sent, got } = await both(null);
    got.decline();
    await expect(sent.done).rejects.toMatchObject({ code: "declined" });
    expect([sent.state, got.state]).toEqual(["declined", "declined"]);
    await expect(got.accept()).rejects.toMatchObject({ code: "closed" });
  });

  test.each(["sent", "got"] as const)("%s cancels while it moves", async (who) => {
    const transfers = await both();
    await until(() => transfers.got.bytes > 4 * MB);
    transfers[who].cancel();
    await expect(transfers.sent.done).rejects.toMatchObject({ code: "cancelled" });
    await expect(transfers.got.done).rejects.toMatchObject({ code: "cancelled" });
    const next = sendFrom(files.ann, new Blob([bytes(100)]), "next"); // the way is free again
    await next.done;
  });

  test.each(["sent", "got"] as const)("%s pauses and goes on", async (who) => {
    const { sent, got } = await both();
    const transfers = { sent, got };
    await until(() => got.bytes > 2 * MB);
    transfers[who].pause();
    await until(() => sent.state === "paused" && got.state === "paused");
    await new Promise((resolve) => setTimeout(resolve, 300)); // what is under way arrives
    const before = got.bytes;
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(got.bytes).toBe(before);
    expect(before).toBeLessThan(36 * MB);
    transfers[who].resume();
    await Promise.all([sent.done, got.done]);
  });

  test("both have paused: it goes on when both say so", async () => {
    const { sent, got } = await both();
    await until(() => got.bytes > 0);
    sent.pause();
    got.pause();
    await until(() => sent.state === "paused" && got.state === "paused");
    sent.resume();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([sent.state, got.state]).toEqual(["paused", "paused"]);
    got.resume();
    await Promise.all([sent.done, got.done]);
  });

  test("a target that cannot take it fails on both sides", async () => {
    const full = () =>
      new WritableStream<Uint8Array<ArrayBuffer>>({
        write: () => Promise.reject(new DOMException("", "QuotaExceededError")),
      });
    const { sent, got } = await both(full, 3 * MB);
    await expect(got.done).rejects.toMatchObject({ code: "file_unwritable" });
    await expect(sent.done).rejects.toMatchObject({ code: "file_unwritable" });
  });
});

describe("a connection that breaks", () => {
  test("three times: the file goes on where it was", async () => {
    const { ann, bob } = await up();
    const file = new Blob([bytes(48 * MB)]);
    const sent = sendFrom(ann, file);
    const got = await offeredTo(bob);
    for (const part of [1, 2, 3]) {
      await until(() => got.bytes > part * 8 * MB, 20_000);
      const before = got.bytes;
      await files.breakOff();
      expect(got.bytes).toBeGreaterThanOrEqual(before);
      expect(got.ended).toBe(false);
    }
    expect(await digest(await got.done)).toBe(await digest(file));
    await sent.done;
    expect(got.interrupted || sent.interrupted).toBe(false);
  }, 60_000);

  test("before the file is accepted: it can be accepted after it", async () => {
    const { ann, bob } = await up();
    bob.target = null;
    const sent = sendFrom(ann, new Blob([bytes(MB)]));
    const got = await offeredTo(bob);
    await files.breakOff();
    expect(bob.offered).toHaveLength(1);
    await got.accept();
    await sent.done;
  }, 30_000);

  test("what was paused, declined or ended meanwhile is so after it", async () => {
    const { ann, bob } = await up();
    bob.target = null;
    const all = ["paused", "declined", "cancelled"].map((name) => {
      return sendFrom(ann, new Blob([bytes(8 * MB)]), name);
    });
    const got = await Promise.all([0, 1, 2].map((n) => offeredTo(bob, n)));
    const broken = files.breakOff();
    for (const { peer } of files.pair.sides) expect(peer.files).toBeNull();
    void got[0]?.accept();
    got[0]?.pause();
    got[1]?.decline();
    all[2]?.cancel();
    await broken;
    await until(() => all[0]?.state === "paused" && all[1]?.state === "declined");
    await until(() => got[2]?.state === "cancelled");
    got[0]?.resume();
    await all[0]?.done;
  }, 30_000);
});

describe("a page that is loaded again", () => {
  test("the receiver's: the file goes on from what is on its disk, without a question", async () => {
    const { ann, bob } = await up();
    const file = new Blob([bytes(60 * MB)]);
    const sent = sendFrom(ann, file);
    const got = await offeredTo(bob);
    await until(() => got.bytes > 34 * MB, 20_000);
    bob.target = null;
    bob.reload();
    await files.breakOff();
    const again = await offeredTo(bob);
    expect(again.id).toBe(got.id);
    await until(() => again.bytes > 0 || again.ended, 20_000);
    expect(again.bytes).toBeGreaterThanOrEqual(16 * MB); // nothing of that is sent again
    expect(await digest(await again.done)).toBe(await digest(file));
    await sent.done;
  }, 60_000);

  test("the sender's: what it was sending is said to have failed", async () => {
    const { ann, bob } = await up();
    sendFrom(ann, new Blob([bytes(48 * MB)]));
    const got = await offeredTo(bob);
    await until(() => got.bytes > 0);
    ann.reload();
    await files.breakOff();
    await expect(got.done).rejects.toMatchObject({ code: "peer_gone" });
  }, 30_000);

  test("one that does not come back within a minute has failed", async () => {
    const { ann, bob } = await up();
    const sent = sendFrom(ann, new Blob([bytes(48 * MB)]));
    const got = await offeredTo(bob);
    await until(() => got.bytes > 0);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    for (const side of [ann, bob]) side.transfers.gone(side.side.peer.id, "left");
    files.pair.close();
    await vi.advanceTimersByTimeAsync(59_000);
    expect([sent.ended, got.ended]).toEqual([false, false]);
    await vi.advanceTimersByTimeAsync(2_000);
    await expect(sent.done).rejects.toMatchObject({ code: "peer_gone" });
    await expect(got.done).rejects.toMatchObject({ code: "peer_gone" });
  });
});

describe("bytes that are not what was sent", () => {
  /** Changes a byte of the nth block that goes out, as often as `times`. */
  function spoil(times: number): void {
    const { files: channel } = files.pair.impolite.peer;
    if (!channel) throw new Error("no channel");
    const send = channel.send.bind(channel);
    let left = times;
    vi.spyOn(channel, "send").mockImplementation((data: unknown) => {
      if (data instanceof Uint8Array && left > 0) {
        left -= 1;
        const other = new Uint8Array(data);
        other[5] = (other[5] ?? 0) ^ 1;
        return send(other);
      }
      return send(data as string);
    });
  }

  test("one block: it is sent again, and the file is right", async () => {
    const { ann, bob } = await up();
    spoil(1);
    const file = new Blob([bytes(9 * MB)]);
    const sent = sendFrom(ann, file);
    const got = await offeredTo(bob);
    expect(await digest(await got.done)).toBe(await digest(file));
    await sent.done;
  });

  test("always: it fails, and is never shown as done", async () => {
    const { ann, bob } = await up();
    spoil(Number.POSITIVE_INFINITY);
    const sent = sendFrom(ann, new Blob([bytes(3 * MB)]));
    const got = await offeredTo(bob);
    await expect(got.done).rejects.toMatchObject({ code: "file_corrupt" });
    await expect(sent.done).rejects.toMatchObject({ code: "file_corrupt" });
    expect(bob.states.get(got.id)).not.toContain("done");
  });
});

describe("a stranger's channel", () => {
  const say = (...messages: (object | string | Uint8Array<ArrayBuffer>)[]) => {
    const channel = files.pair.impolite.peer.files;
    for (const message of messages) {
      const isPlain = typeof message === "string" || message instanceof Uint8Array;
      channel?.send((isPlain ? message : JSON.stringify(message)) as string);
    }
  };
  const id = "x".repeat(16);
  const hash = "h".repeat(43);
  const offer = { t: "offer", id, path: "a", size: 10, type: "" };

  test("junk does nothing", async () => {
    const { ann, bob } = await up();
    say("{", "[]", new Uint8Array(100), { t: "block", id, at: 0, size: 5, hash });
    say(new Uint8Array(70_000), { t: "accept", id, at: 0, root: hash }, { t: "done", id });
    await sendFrom(ann, new Blob([bytes(MB)])).done;
    expect(bob.offered).toHaveLength(1);
  });

  test("more than was offered, or another root, is refused", async () => {
    const { bob } = await up();
    bob.target = () => "memory";
    say(offer);
    const got = await offeredTo(bob);
    say({ t: "start", id, at: 0 }, { t: "block", id, at: 0, size: 11, hash }, new Uint8Array(11));
    await expect(got.done).rejects.toMatchObject({ code: "file_corrupt" });
    const other = { ...offer, id: "y".repeat(16), size: 0 };
    say(other);
    const empty = await offeredTo(bob, 1);
    say({ t: "start", id: other.id, at: 0 }, { t: "end", id: other.id, at: 0, root: hash });
    await expect(empty.done).rejects.toMatchObject({ code: "file_corrupt" });
  });

  test("bytes before anybody has accepted them go nowhere", async () => {
    const { bob } = await up();
    bob.target = null;
    say(offer, { t: "start", id, at: 0 }, { t: "block", id, at: 0, size: 10, hash });
    say(new Uint8Array(10), { t: "end", id, at: 10, root: hash });
    const got = await offeredTo(bob);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([got.state, got.bytes]).toEqual(["offered", 0]);
  });

  test("more than the receiver has written is not taken without end", async () => {
    const { bob } = await up();
    bob.target = () => new WritableStream({ write: () => new Promise(() => {}) });
    const block = new Uint8Array(BLOCK_BYTES);
    const told = await crypto.subtle.digest("SHA-256", block);
    const right = btoa(String.fromCharCode(...new Uint8Array(told)));
    const urlSafe = right.replaceAll("+", "-").replaceAll("/", "_").replace("=", "");
    say({ ...offer, size: 40 * MB });
    const got = await offeredTo(bob);
    say({ t: "start", id, at: 0 });
    for (let n = 0; n < 17; n += 1) {
      say({ t: "block", id, at: n * BLOCK_BYTES, size: BLOCK_BYTES, hash: urlSafe });
      for (let at = 0; at < BLOCK_BYTES; at += 65_536) say(block.subarray(at, at + 65_536));
      const channel = files.pair.impolite.peer.files;
      await until(() => (channel?.bufferedAmount ?? 0) < MB);
    }
    await expect(got.done).rejects.toMatchObject({ code: "file_corrupt" });
  });

  test("more than 1,000 offers are declined", async () => {
    const { bob } = await up();
    bob.target = null;
    for (let n = 0; n < 1_100; n += 1) say({ ...offer, id: String(n).padStart(16, "0") });
    await until(() => bob.offered.length === 1_000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(bob.offered).toHaveLength(1_000);
  });
});

test("a text is not kept waiting by a file", async () => {
  const { ann } = await up();
  const sent = sendFrom(ann, new Blob([bytes(36 * MB)]));
  await until(() => sent.bytes > 10 * MB);
  const { polite, impolite } = files.pair;
  const start = performance.now();
  const text = { v: 1, seq: impolite.nextSeq(), kind: "text", body: { text: "hi" } } as const;
  await impolite.peer.say(text);
  await until(() => polite.heard.some(({ kind }) => kind === "text"));
  expect(sent.ended).toBe(false);
  expect(performance.now() - start).toBeLessThan(1_000); // how long exactly: benchmarks.files
  await sent.done;
});
