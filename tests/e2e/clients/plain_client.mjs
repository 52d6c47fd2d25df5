// One unmodified @microsoft/signalr client: what it negotiates with, and what it has heard.
import { HubConnectionBuilder, LogLevel } from "@microsoft/signalr";
import { MessagePackHubProtocol } from "@microsoft/signalr-protocol-msgpack";

const TARGETS = ["joined", "signal", "message", "disconnected", "left", "orders", "closed"];

/** Connect. `asks` goes into the query of negotiate: room, name. */
export async function connect(api, protocol, asks) {
  return open(protocol, `${api}?${new URLSearchParams(asks)}`, {});
}

/** Connect by a negotiate of one's own, which sends a body: a secret stands in no URL. */
export async function connectBySecret(api, protocol, asks) {
  const answer = await fetch(`${api}/negotiate`, { method: "POST", body: JSON.stringify(asks) });
  const { url, accessToken } = await answer.json();
  return open(protocol, url, { accessTokenFactory: () => accessToken });
}

async function open(protocol, url, options) {
  const builder = new HubConnectionBuilder().withUrl(url, options).configureLogging(LogLevel.Error);
  if (protocol === "messagepack") builder.withHubProtocol(new MessagePackHubProtocol());
  const hub = builder.build();
  const heard = Object.fromEntries(TARGETS.map((target) => [target, []]));
  const waiting = [];
  for (const target of TARGETS) {
    hub.on(target, (text) => {
      heard[target].push(JSON.parse(text));
      for (const check of [...waiting]) check();
    });
  }
  /** The argument of the push number `index` to this target. */
  const nth = (target, index) =>
    new Promise((resolve) => {
      const check = () => heard[target].length > index && resolve(heard[target][index]);
      waiting.push(check);
      check();
    });
  const closed = new Promise((resolve) => hub.onclose(() => resolve(true)));
  await hub.start();
  return {
    nth,
    closed,
    first: (target) => nth(target, 0),
    invoke: (method, envelope) => hub.invoke(method, JSON.stringify({ v: 1, ...envelope })),
    stop: () => hub.stop(),
  };
}
