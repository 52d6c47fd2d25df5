/**
 * PeerServer alone, without its limit of connections. Prints its port when it listens, and ends when its
 * standard input does.
 */
import { PeerServer } from "peer";

const MANY = 1_000_000;

PeerServer({ host: "127.0.0.1", port: 0, path: "/", concurrent_limit: MANY }, (server) =>
  console.log(server.address().port),
);
process.stdin.on("end", () => process.exit(0)).resume();
