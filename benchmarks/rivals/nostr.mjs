import { once } from "node:events";
import { WebSocketServer } from "ws";

/**
 * What Trystero needs of a Nostr relay (NIP-01): ephemeral events go to whoever asks for their tag.
 * Answers its port.
 */
export async function nostr(host) {
  const server = new WebSocketServer({ host, port: 0 });
  const wanted = new Map(); // by socket, then by subscription: its tags
  server.on("connection", (socket) => {
    wanted.set(socket, new Map());
    socket.on("close", () => wanted.delete(socket));
    socket.on("message", (data) => {
      const [type, first, filter] = JSON.parse(data);
      if (type === "CLOSE") wanted.get(socket)?.delete(first);
      if (type === "REQ") {
        wanted.get(socket)?.set(first, new Set(filter["#x"]));
        socket.send(JSON.stringify(["EOSE", first]));
      }
      if (type === "EVENT") {
        socket.send(JSON.stringify(["OK", first.id, true, ""]));
        publish(first);
      }
    });
  });
  const publish = (event) => {
    const [, tag] = event.tags.find(([name]) => name === "x") ?? [];
    for (const [socket, subscriptions] of wanted) {
      for (const [id, tags] of subscriptions) {
        if (tags.has(tag)) socket.send(JSON.stringify(["EVENT", id, event]));
      }
    }
  };
  await once(server, "listening");
  return server.address().port;
}
