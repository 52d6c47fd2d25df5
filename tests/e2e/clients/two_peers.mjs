// Two plain clients exchange messages in an open room.
// node two_peers.mjs API_URL json|messagepack
import { connect } from "./plain_client.mjs";

const [api, protocol] = process.argv.slice(2);
const room = `node-${Math.random().toString(36).slice(2)}`;
const a = await connect(api, protocol, { room, name: "a" });
const b = await connect(api, protocol, { room, name: "b" });
const { peer: peerB, name } = await a.first("joined");
const text = { kind: "text", body: { text: "hello b" } };
const sent = await a.invoke("signal", { to: peerB, seq: 1, ...text });
const atB = await b.first("signal");
const acknowledged = await b.invoke("signal", {
  to: atB.from,
  seq: 1,
  kind: "ack",
  body: { seqs: [atB.seq] },
});
const atA = await a.first("signal");
await b.invoke("broadcast", { seq: 2, kind: "data", body: { n: 1 } });
const everyone = await a.first("message");
const refused = await a.invoke("signal", { to: peerB, seq: 3, kind: "shout", body: {} });
await b.stop();
const disconnected = await a.first("disconnected");
await a.stop();
console.log(
  JSON.stringify({
    ...{ name, peerB, sent, acknowledged, atA, atB, everyone, refused, disconnected },
  }),
);
