// Two plain clients in a created room: one comes back by its secret, and is kicked.
// node created_room.mjs API_URL json|messagepack
import { connectBySecret } from "./plain_client.mjs";

const [api, protocol] = process.argv.slice(2);

async function post(path, body, token) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const answer = await fetch(`${api}${path}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  return { status: answer.status, ...(await answer.json()) };
}

const made = await post("/rooms", { inviteOnly: true });
const secret = { a: "a".repeat(22), b: "b".repeat(22) };
const a = await connectBySecret(api, protocol, { room: made.invite, name: "a", secret: secret.a });
const b = await connectBySecret(api, protocol, { room: made.invite, name: "b", secret: secret.b });
const before = await a.nth("joined", 0);
await b.stop();
await a.first("disconnected");
// Its seat is its own: by the name of the room, without an invite.
const again = await connectBySecret(api, protocol, {
  room: made.room,
  name: "b",
  secret: secret.b,
});
const after = await a.nth("joined", 1);
const kicked = await post("/rooms/kick", { peer: after.peer }, made.hostToken);
const closed = await again.first("closed");
const ended = await again.closed;
const left = await a.first("left");
const orders = await a.first("orders");
const refused = await post("/negotiate", { room: made.invite, secret: secret.b });
await a.stop();
console.log(JSON.stringify({ before, after, kicked, closed, ended, left, orders, refused }));
