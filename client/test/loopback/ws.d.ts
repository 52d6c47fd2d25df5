/** The few members of `ws` (the WebSocket library that `@microsoft/signalr` uses in Node) that we need. */
declare module "ws" {
  import type { Server as HttpServer, IncomingMessage } from "node:http";

  export interface Socket {
    send(data: string): void;
    terminate(): void;
    on(event: "message", listener: (data: Buffer) => void): void;
    on(event: "close", listener: () => void): void;
  }

  export interface Server {
    readonly clients: Set<Socket>;
    on(event: "connection", listener: (socket: Socket, request: IncomingMessage) => void): void;
    close(): void;
  }

  const WebSocket: { readonly Server: new (options: { server: HttpServer }) => Server };
  export default WebSocket;
}
