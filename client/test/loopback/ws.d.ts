/** The few members of `ws` (the WebSocket library that `@microsoft/signalr` uses in Node) that we need. */
declare module "ws" {
  import type { IncomingMessage } from "node:http";
  import type { Duplex } from "node:stream";

  export interface Socket {
    send(data: string): void;
    terminate(): void;
    on(event: "message", listener: (data: Buffer) => void): void;
    on(event: "close", listener: () => void): void;
  }

  export interface Server {
    readonly clients: Set<Socket>;
    handleUpgrade(
      request: IncomingMessage,
      connection: Duplex,
      head: Buffer,
      opened: (socket: Socket) => void,
    ): void;
    close(): void;
  }

  const WebSocket: { readonly Server: new (options: { noServer: true }) => Server };
  export default WebSocket;
}
