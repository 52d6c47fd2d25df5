/**
 * Ways to send a file to the one other person, for benchmarks/files.py. Each is
 * `(system) → { receive(done), send(file) }`; `done` is called with what the receiver has.
 */
import { now } from "./channels.js";

const PIECE_BYTES = 65_536;
const BLOCK_BYTES = 1_048_576;
const BACKLOG_BYTES = 1_048_576;
const END = "end";

/** What a page can do at best: read, send, wait when much waits; the receiver counts. */
function bare(system) {
  const channel = system.connection().createDataChannel("bare", { negotiated: true, id: 9 });
  channel.binaryType = "arraybuffer";
  channel.bufferedAmountLowThreshold = BACKLOG_BYTES / 2;
  const open = new Promise((resolve) => channel.addEventListener("open", resolve, { once: true }));
  const drained = () =>
    new Promise((resolve) =>
      channel.addEventListener("bufferedamountlow", resolve, { once: true }),
    );
  return {
    receive(done) {
      let bytes = 0;
      channel.onmessage = ({ data }) => {
        if (data === END) done({ bytes });
        else bytes += data.byteLength;
      };
    },
    async send(file) {
      await open;
      let next = file.slice(0, BLOCK_BYTES).arrayBuffer();
      for (let at = 0; at < file.size; at += BLOCK_BYTES) {
        const block = await next;
        next = file.slice(at + BLOCK_BYTES, at + 2 * BLOCK_BYTES).arrayBuffer();
        for (let from = 0; from < block.byteLength; from += PIECE_BYTES) {
          if (channel.bufferedAmount > BACKLOG_BYTES) await drained();
          channel.send(new Uint8Array(block, from, Math.min(PIECE_BYTES, block.byteLength - from)));
        }
      }
      channel.send(END);
    },
  };
}

const ours = (target) => (system) => ({
  receive(done) {
    system.room().on("file", async ({ transfer }) => {
      await transfer.accept(target);
      const file = await transfer.done;
      done({ bytes: file.size, file });
    });
  },
  async send(file) {
    const [transfer] = await system.room().sendFile(file);
    await transfer.done;
  },
});

const peerjs = (system) => ({
  receive(done) {
    system.channel().on("data", (data) => done({ bytes: data.byteLength ?? data.size }));
  },
  send: async (file) => void system.channel().send(file),
});

const WAYS = { bare, disk: ours("disk"), memory: ours("memory"), peerjs };
let way = null;
let got = null;

export const files = {
  prepare(name, system) {
    way = WAYS[name](system);
  },

  receive() {
    way.receive((what) => {
      got = { ...what, at: now() };
    });
  },

  /** The file that is chosen in the page. Answers when it began. */
  send() {
    const [file] = document.querySelector("input").files;
    const began = now();
    void way.send(file);
    return began;
  },

  /** When all was there, and how much; null before. */
  received: () => got && { at: got.at, bytes: got.bytes },

  /** SHA-256 of it, by blocks of 1 MiB: the hash over their hashes. */
  async hash() {
    const hashes = [];
    for (let at = 0; at < got.file.size; at += BLOCK_BYTES) {
      const block = await got.file.slice(at, at + BLOCK_BYTES).arrayBuffer();
      hashes.push(new Uint8Array(await crypto.subtle.digest("SHA-256", block)));
    }
    const root = await crypto.subtle.digest("SHA-256", await new Blob(hashes).arrayBuffer());
    return [...new Uint8Array(root)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  },

  forget() {
    got = null;
  },
};
