/** The few members of `ws` (the WebSocket library that `@microsoft/signalr` uses in Node) that we need. */
declare module "ws" {
  import type { Server as HttpServer } from "node:http";

  export interface Socket {
    send(data: string): void;
    terminate(): void;
    on(event: "message", listener: (data: Buffer) => void): void;
  }

  export interface Server {
    readonly clients: Set<Socket>;
    on(event: "connection", listener: (socket: Socket) => void): void;
    close(): void;
  }

  const WebSocket: { readonly Server: new (options: { server: HttpServer }) => Server };
  export default WebSocket;
}
