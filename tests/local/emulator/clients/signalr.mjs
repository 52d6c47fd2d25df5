// Drives the unmodified @microsoft/signalr client: connects, does what stdin asks, one JSON
// command per line, and reports everything that happens as one JSON event per line.
//
// node signalr.mjs URL PROTOCOL [skip | LongPolling | ServerSentEvents]
// The access token is in the environment as TOKEN.
import { createInterface } from "node:readline";
import { HttpTransportType, HubConnectionBuilder, LogLevel } from "@microsoft/signalr";
import { MessagePackHubProtocol } from "@microsoft/signalr-protocol-msgpack";

const [url, protocol, how] = process.argv.slice(2);
const report = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);

const options = { accessTokenFactory: () => process.env.TOKEN };
if (how === "skip")
  Object.assign(options, { skipNegotiation: true, transport: HttpTransportType.WebSockets });
else if (how) options.transport = HttpTransportType[how];
const builder = new HubConnectionBuilder()
  .withUrl(url, options)
  .withAutomaticReconnect([0])
  .configureLogging(LogLevel.None);
if (protocol === "messagepack") builder.withHubProtocol(new MessagePackHubProtocol());
const connection = builder.build();

connection.on("say", (...args) => report({ said: args }));
connection.onreconnected((id) => report({ reconnected: id }));
connection.onclose((error) => {
  report({ closed: error ? error.message : null });
  process.exit(0);
});

const commands = {
  invoke: async ({ target, args }) =>
    report({ result: (await connection.invoke(target, ...args)) ?? null }),
  send: ({ target, args }) => connection.send(target, ...args),
  stop: () => connection.stop(),
};

try {
  await connection.start();
  report({ connected: connection.connectionId });
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    try {
      await commands[command.do](command);
    } catch (error) {
      report({ failed: error.message });
    }
  }
} catch (error) {
  report({ failed: error.message });
  process.exit(1);
}
