// LiveKit's token server, in the form that TokenSource.endpoint asks for: the one thing that a user of
// LiveKit writes for a server. It reads LIVEKIT_API_KEY and LIVEKIT_API_SECRET from the environment.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { AccessToken } from "livekit-server-sdk";

const server = createServer(async (request, response) => {
  const { room_name: room, participant_name: name } = await json(request);
  const token = new AccessToken(undefined, undefined, { identity: randomUUID(), name });
  token.addGrant({ roomJoin: true, room });
  response.writeHead(201, { "Content-Type": "application/json" });
  const participant_token = await token.toJwt();
  response.end(JSON.stringify({ server_url: process.env.LIVEKIT_URL, participant_token }));
});
server.listen(Number(process.env.PORT), "127.0.0.1");
