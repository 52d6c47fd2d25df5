/** Starts the program that the address names: `?system=…&room=…&name=…&server=…`. */
import type { Start } from "./view.js";
import { View } from "./view.js";

const PROGRAMS: Readonly<Record<string, () => Promise<{ start: Start }>>> = {
  heliograph: () => import("./heliograph.js"),
  peerjs: () => import("./peerjs.js"),
  trystero: () => import("./trystero.js"),
  livekit: () => import("./livekit.js"),
};

/**
 * Between pages of one machine no STUN server is needed, and a test asks none. The libraries have
 * public ones by default, which the programs leave as they are.
 */
class LocalConnection extends RTCPeerConnection {
  constructor(configuration: RTCConfiguration = {}) {
    super({ ...configuration, iceServers: [] });
  }
}
window.RTCPeerConnection = LocalConnection;

async function main(): Promise<void> {
  const asked = new URLSearchParams(location.search);
  const [system, room, name, server] = ["system", "room", "name", "server"].map(
    (each) => asked.get(each) ?? "",
  );
  const { start } = (await PROGRAMS[system ?? ""]?.()) ?? {};
  if (!start || !room || !name || !server) throw new Error("system, room, name, server?");
  const view = new View(room, name, server);
  view.use(await start(view));
}

await main();
