/**
 * A file in parts, in the browser's own file system (OPFS, File System standard §4). Each part is
 * written whole and closed, so that what is there survives a reload of the page, and the whole file is
 * put together without reading it.
 *
 *     heliograph-files/{id}/00000, 00001, …    the parts
 *     heliograph-files/{id}/about              the offer, the hashes of the blocks in the parts, and
 *                                              whether it is done: then it is not taken up again
 */

import { isString, list, parseJson, record } from "../wire/shape.js";
import { BLOCK_BYTES, type FileOffer, parseFileMessage } from "./messages.js";
import type { Target } from "./target.js";

const FOLDER = "heliograph-files";
const ABOUT = "about";
const BLOCKS_IN_PART = 8;
const PART_BYTES = BLOCKS_IN_PART * BLOCK_BYTES;
/** What nobody has come back for is removed. */
const KEPT_MS = 86_400_000;
const MAX_BLOCKS = 1_048_576;
const HASH_CHARACTERS = 43;

type Bytes = Uint8Array<ArrayBuffer>;
interface About {
  readonly offer: FileOffer;
  readonly hashes: readonly string[];
  readonly done: boolean;
}

export function hasDisk(): boolean {
  return typeof navigator !== "undefined" && typeof navigator.storage?.getDirectory === "function";
}

/** Whether parts of this file are there, from before a reload, and it is not done. */
export async function isOnDisk(offer: FileOffer): Promise<boolean> {
  if (!hasDisk()) return false;
  try {
    const folder = await (await root()).getDirectoryHandle(offer.id);
    const about = await readAbout(folder);
    return isSame(about, offer) && !about.done;
  } catch {
    return false;
  }
}

/** Removes what is older than a day. It never rejects. */
export async function sweepDisk(now: number): Promise<void> {
  if (!hasDisk()) return;
  try {
    const all = await root();
    for await (const [name, entry] of all.entries()) {
      if (entry.kind !== "directory") continue;
      const about = await entry.getFileHandle(ABOUT).catch(() => null);
      const written = about ? (await about.getFile()).lastModified : 0;
      if (now - written > KEPT_MS) await all.removeEntry(name, { recursive: true });
    }
  } catch {
    // No disk, or another page is at it.
  }
}

export class DiskTarget implements Target {
  readonly kept: Target["kept"];
  readonly #offer: FileOffer;
  readonly #folder: FileSystemDirectoryHandle;
  #hashes: string[];
  #parts: number;
  #blocks: Bytes[] = [];

  private constructor(
    offer: FileOffer,
    folder: FileSystemDirectoryHandle,
    hashes: readonly string[],
  ) {
    this.#offer = offer;
    this.#folder = folder;
    this.#hashes = [...hashes];
    this.#parts = Math.floor(hashes.length / BLOCKS_IN_PART);
    this.kept = { at: this.#parts * PART_BYTES, hashes };
  }

  /** With the parts that are there already, if they are of the same file. */
  static async open(offer: FileOffer): Promise<DiskTarget> {
    const folder = await (await root()).getDirectoryHandle(offer.id, { create: true });
    const about = await readAbout(folder);
    const hashes = isSame(about, offer) ? await wholeParts(folder, about.hashes) : [];
    const target = new DiskTarget(offer, folder, hashes);
    await target.#writeAbout(false);
    return target;
  }

  async write(bytes: Bytes, hash: string): Promise<void> {
    this.#blocks.push(bytes);
    this.#hashes.push(hash);
    if (this.#blocks.length === BLOCKS_IN_PART) await this.#writePart();
  }

  async restart(): Promise<void> {
    this.#hashes = [];
    this.#blocks = [];
    this.#parts = 0;
    await this.#writeAbout(false);
  }

  async close(): Promise<Blob> {
    if (this.#blocks.length > 0) await this.#writePart();
    await this.#writeAbout(true);
    const files = [];
    for (let n = 0; n < this.#parts; n += 1) {
      files.push(await (await this.#folder.getFileHandle(nameOf(n))).getFile());
    }
    return new Blob(files, { type: this.#offer.type });
  }

  async abort(): Promise<void> {
    await (await root()).removeEntry(this.#offer.id, { recursive: true });
  }

  async #writePart(): Promise<void> {
    const blocks = this.#blocks;
    this.#blocks = [];
    await write(this.#folder, nameOf(this.#parts), new Blob(blocks));
    this.#parts += 1;
    await this.#writeAbout(false);
  }

  async #writeAbout(done: boolean): Promise<void> {
    const about: About = { offer: this.#offer, hashes: this.#hashes, done };
    await write(this.#folder, ABOUT, new Blob([JSON.stringify(about)]));
  }
}

function root(): Promise<FileSystemDirectoryHandle> {
  return navigator.storage
    .getDirectory()
    .then((all) => all.getDirectoryHandle(FOLDER, { create: true }));
}

/** In place of what it holds; another page, or a crash, sees the old or the new. */
async function write(folder: FileSystemDirectoryHandle, name: string, data: Blob): Promise<void> {
  const stream = await (await folder.getFileHandle(name, { create: true })).createWritable();
  await stream.write(data);
  await stream.close();
}

async function readAbout(folder: FileSystemDirectoryHandle): Promise<About | null> {
  const handle = await folder.getFileHandle(ABOUT).catch(() => null);
  const fields = handle && record(parseJson(await (await handle.getFile()).text()));
  const offer = fields && parseFileMessage(JSON.stringify(fields.offer ?? null));
  const isHash = (one: unknown) => (isString(one, HASH_CHARACTERS, HASH_CHARACTERS) ? one : null);
  const hashes = fields && list(fields.hashes, isHash, MAX_BLOCKS);
  return offer?.t === "offer" && hashes ? { offer, hashes, done: fields.done === true } : null;
}

function isSame(about: About | null, { path, size, type }: FileOffer): about is About {
  const offer = about?.offer;
  return offer?.path === path && offer.size === size && offer.type === type;
}

/** The hashes of the parts that are there whole. */
async function wholeParts(
  folder: FileSystemDirectoryHandle,
  hashes: readonly string[],
): Promise<readonly string[]> {
  let parts = 0;
  for (; (parts + 1) * BLOCKS_IN_PART <= hashes.length; parts += 1) {
    const handle = await folder.getFileHandle(nameOf(parts)).catch(() => null);
    if (!handle || (await handle.getFile()).size !== PART_BYTES) break;
  }
  return hashes.slice(0, parts * BLOCKS_IN_PART);
}

const nameOf = (part: number): string => String(part).padStart(5, "0");
