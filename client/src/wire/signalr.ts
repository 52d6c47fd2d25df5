/** SignalR's library, as we use it: a third of all that a page loads, so it is imported late. */
import {
  HttpTransportType,
  type HubConnection,
  HubConnectionBuilder,
  LogLevel,
} from "@microsoft/signalr";

/** docs/protocol.md §4. */
const TARGETS = [
  "signal",
  "message",
  "admitted",
  "joined",
  "left",
  "disconnected",
  "orders",
  "closed",
] as const;

/** A connection that is not started. `heard`: what the service says, a target and its argument. */
export function createConnection(
  url: string,
  accessToken: string,
  heard: (target: string, argument: unknown) => void,
): HubConnection {
  const connection = new HubConnectionBuilder()
    .withUrl(url, {
      accessTokenFactory: () => accessToken,
      transport: HttpTransportType.WebSockets,
      // The URL is the service's own, so there is nothing left to negotiate: two round trips less,
      // and one of them a CORS preflight.
      skipNegotiation: true,
    })
    .configureLogging(LogLevel.None)
    .build();
  for (const target of TARGETS) {
    connection.on(target, (argument: unknown) => heard(target, argument));
  }
  return connection;
}
