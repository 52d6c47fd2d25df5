/**
 * The servers of the other systems, and the pages. Prints one line of JSON with the ports when all of
 * them listen, and ends when its standard input does.
 *
 * LiveKit's own server is in no package: where it would be, every connection is ended at once.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { PeerServer } from "peer";
import { preview } from "vite";
import { nostr } from "../nostr.mjs";

const HOST = "127.0.0.1";
// Those that `livekit-server --dev` has.
const LIVEKIT_KEYS = { LIVEKIT_API_KEY: "devkey", LIVEKIT_API_SECRET: "secret" };

async function listening(server) {
  server.listen(0, HOST);
  await once(server, "listening");
  return server.address().port;
}

async function freePort() {
  const server = createServer();
  const port = await listening(server);
  server.close();
  await once(server, "close");
  return port;
}

/** With what `peerjs --allow_discovery` adds: everybody can ask for the ids of all. */
async function peerjs() {
  const port = await freePort();
  const options = { host: HOST, port, path: "/", allow_discovery: true };
  await new Promise((resolve) => PeerServer(options, resolve));
  return port;
}

/** The token server, which the page asks for `/token` on its own origin. */
async function tokens(livekit) {
  const port = await freePort();
  const env = { LIVEKIT_URL: `ws://${HOST}:${livekit}`, PORT: `${port}`, ...LIVEKIT_KEYS };
  const script = new URL("tokens.mjs", import.meta.url).pathname;
  const child = spawn(process.execPath, [script], { env, stdio: "ignore" });
  process.on("exit", () => child.kill());
  return port;
}

async function pages(tokenPort) {
  const port = await freePort();
  const proxy = { "/token": `http://${HOST}:${tokenPort}` };
  const options = { host: HOST, port, strictPort: true, proxy };
  await preview({ root: import.meta.dirname, logLevel: "error", preview: options });
  return port;
}

const livekit = await listening(createServer((socket) => socket.destroy()));
const ports = {
  peerjs: await peerjs(),
  trystero: await nostr(HOST),
  livekit,
  pages: await pages(await tokens(livekit)),
};
console.log(JSON.stringify(ports));
process.stdin.on("end", () => process.exit(0)).resume();
