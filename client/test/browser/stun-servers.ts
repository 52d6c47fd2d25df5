/** STUN servers on loopback (RFC 8489), for browsers that are to find out what their network is like. */
import { createSocket, type Socket } from "node:dgram";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";

/** Their addresses, as ICE servers have them. */
export interface StunServers {
  /** These say that a socket has the same port everywhere … */
  readonly same: readonly [string, string];
  /** … and this one says another port. */
  readonly other: string;
  /** It answers 700 ms later. */
  readonly late: string;
  /** It never answers. */
  readonly silent: string;
}

declare module "vitest" {
  interface ProvidedContext {
    stun: StunServers;
  }
}

const SEEN_FROM = [203, 0, 113, 5]; // RFC 5737
const HEADER_BYTES = 20;
const [REQUEST, SUCCESS, XOR_MAPPED_ADDRESS, IPV4] = [0x0001, 0x0101, 0x0020, 1];
const COOKIE = [0x21, 0x12, 0xa4, 0x42];

export async function setup(project: TestProject): Promise<() => void> {
  const sockets: Socket[] = [];
  const open = async (seen: ((port: number) => number) | null, ms = 0) => {
    const socket = await serve(seen, ms);
    sockets.push(socket);
    return `stun:127.0.0.1:${(socket.address() as AddressInfo).port}`;
  };
  project.provide("stun", {
    same: [await open((port) => port), await open((port) => port)],
    other: await open((port) => port ^ 1),
    late: await open((port) => port, 700),
    silent: await open(null),
  });
  return () => {
    for (const socket of sockets) socket.close();
  };
}

async function serve(seen: ((port: number) => number) | null, ms: number): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.on("message", (message, { address, port }) => {
    if (seen === null || message.length < HEADER_BYTES) return;
    if (message.readUInt16BE(0) !== REQUEST) return;
    const answer = success(message.subarray(4, HEADER_BYTES), seen(port));
    setTimeout(() => socket.send(answer, port, address, () => {}), ms);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return socket;
}

/** RFC 8489 §14.2. `transaction`: the cookie and the id. */
function success(transaction: Buffer, port: number): Buffer {
  const [first = 0, second = 0] = COOKIE;
  return Buffer.from([
    ...uint16(SUCCESS),
    ...uint16(12),
    ...transaction,
    ...uint16(XOR_MAPPED_ADDRESS),
    ...uint16(8),
    ...[0, IPV4],
    ...uint16(port ^ ((first << 8) | second)),
    ...SEEN_FROM.map((byte, n) => byte ^ (COOKIE[n] ?? 0)),
  ]);
}

function uint16(value: number): [number, number] {
  return [value >> 8, value & 0xff];
}
