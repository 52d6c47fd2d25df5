/**
 * The servers of the other systems, each on a port of its own, and the pages. Prints one line of JSON
 * with the ports when all of them listen, and ends when its standard input does.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect, createServer as createTcpServer } from "node:net";
import { fileURLToPath } from "node:url";
import { PeerServer } from "peer";
import { Server as SocketServer } from "socket.io";
import { preview } from "vite";
import { nostr } from "./nostr.mjs";

const HOST = "127.0.0.1";
const Y_WEBRTC = fileURLToPath(new URL("node_modules/y-webrtc/bin/server.js", import.meta.url));

async function freePort() {
  const server = createTcpServer().listen(0, HOST);
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function peerjs() {
  const port = await freePort();
  await new Promise((resolve) => PeerServer({ host: HOST, port, path: "/" }, resolve));
  return port;
}

/** The program that y-webrtc brings. */
async function yWebrtc() {
  const port = await freePort();
  const child = spawn(process.execPath, [Y_WEBRTC], { env: { ...process.env, PORT: `${port}` } });
  process.on("exit", () => child.kill());
  for (let tries = 0; tries < 100; tries += 1) {
    const socket = connect(port, HOST);
    const isOpen = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return port;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("y-webrtc's server does not listen");
}

/** As in the tutorials. */
async function simplePeer() {
  const http = createServer();
  const io = new SocketServer(http);
  io.on("connection", (socket) => {
    socket.on("join", async (room, answer) => {
      const there = await io.in(room).fetchSockets();
      await socket.join(room);
      answer(there.map(({ id }) => id));
    });
    socket.on("signal", ({ to, signal }) => io.to(to).emit("signal", { from: socket.id, signal }));
  });
  http.listen(0, HOST);
  await once(http, "listening");
  return http.address().port;
}

async function pages() {
  const port = await freePort();
  await preview({
    root: import.meta.dirname,
    logLevel: "error",
    preview: { host: HOST, port, strictPort: true },
  });
  return port;
}

const ports = {
  peerjs: await peerjs(),
  "y-webrtc": await yWebrtc(),
  "simple-peer": await simplePeer(),
  trystero: await nostr(HOST),
  pages: await pages(),
};
console.log(JSON.stringify(ports));
process.stdin.on("end", () => process.exit(0)).resume();
