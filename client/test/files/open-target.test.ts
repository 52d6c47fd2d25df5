import { afterEach, describe, expect, it, vi } from "vitest";
import type { FileOffer } from "../../src/files/messages.js";
import { MAX_MEMORY_BYTES, MEMORY_BYTES, openTarget } from "../../src/files/open-target.js";

const offer = (size: number): FileOffer => ({ t: "offer", id: "f", path: "a", size, type: "" });

/** A folder whose files can be read and not written: Safari before 26. */
const folder = {
  getDirectoryHandle: async () => folder,
  getFileHandle: async (_: string, how?: { create: boolean }) => {
    if (!how?.create) throw new DOMException("", "NotFoundError");
    return {}; // without createWritable
  },
};
const BROWSERS = {
  "that has no such disk": {},
  "that refuses it in a private window": {
    getDirectory: () => Promise.reject(new DOMException("", "SecurityError")),
  },
  "that cannot write to it outside of a worker": { getDirectory: async () => folder },
};

afterEach(() => vi.unstubAllGlobals());

describe.each(Object.entries(BROWSERS))("in a browser %s", (_, storage) => {
  it("a large file goes to memory, up to what that takes", async () => {
    vi.stubGlobal("navigator", { storage });
    const target = await openTarget(offer(MEMORY_BYTES + 1), undefined);
    await target.write(new Uint8Array([1, 2]), "");
    await target.write(new Uint8Array([3]), "");
    const blob = await target.close();
    expect(new Uint8Array((await blob?.arrayBuffer()) ?? [])).toEqual(new Uint8Array([1, 2, 3]));
    await expect(openTarget(offer(MAX_MEMORY_BYTES + 1), undefined)).rejects.toMatchObject({
      code: "file_too_large",
    });
  });
});

it("an application that asks for the disk is told that it cannot be written", async () => {
  vi.stubGlobal("navigator", { storage: BROWSERS["that cannot write to it outside of a worker"] });
  await expect(openTarget(offer(1), "disk")).rejects.toMatchObject({ code: "file_unwritable" });
});
