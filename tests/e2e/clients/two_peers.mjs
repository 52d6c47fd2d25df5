// Two unmodified @microsoft/signalr clients exchange `signal` messages.
// node two_peers.mjs API_URL json|messagepack
import { HubConnectionBuilder, LogLevel } from "@microsoft/signalr";
import { MessagePackHubProtocol } from "@microsoft/signalr-protocol-msgpack";

const [api, protocol] = process.argv.slice(2);
const room = `node-${Math.random().toString(36).slice(2)}`;

async function connect(name) {
  const builder = new HubConnectionBuilder()
    .withUrl(`${api}?room=${room}&name=${name}`)
    .configureLogging(LogLevel.Error);
  if (protocol === "messagepack") builder.withHubProtocol(new MessagePackHubProtocol());
  const hub = builder.build();
  const heard = { joined: [], signal: [], message: [], disconnected: [] };
  const waiting = [];
  for (const target of Object.keys(heard)) {
    hub.on(target, (text) => {
      const argument = JSON.parse(text);
      heard[target].push(argument);
      for (const check of [...waiting]) check();
    });
  }
  const first = (target) =>
    new Promise((resolve) => {
      const check = () => heard[target].length > 0 && resolve(heard[target][0]);
      waiting.push(check);
      check();
    });
  await hub.start();
  return { hub, heard, first };
}

const a = await connect("a");
const b = await connect("b");
const { peer: peerB, name } = await a.first("joined");
const sent = await a.hub.invoke(
  "signal",
  JSON.stringify({
    v: 1,
    to: peerB,
    seq: 1,
    kind: "text",
    body: { text: "hello b" },
  }),
);
const atB = await b.first("signal");
const answered = await b.hub.invoke(
  "signal",
  JSON.stringify({
    v: 1,
    to: atB.from,
    seq: 1,
    kind: "text",
    body: { text: "hello a" },
  }),
);
const atA = await a.first("signal");
await b.hub.invoke("broadcast", JSON.stringify({ v: 1, seq: 2, kind: "data", body: { n: 1 } }));
const everyone = await a.first("message");
const refused = await a.hub.invoke(
  "signal",
  JSON.stringify({ v: 1, to: peerB, seq: 3, kind: "shout", body: {} }),
);
await b.hub.stop();
const disconnected = await a.first("disconnected");
await a.hub.stop();
console.log(
  JSON.stringify({ name, peerB, sent, answered, atA, atB, everyone, refused, disconnected }),
);
