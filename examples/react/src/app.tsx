/** Asks for a room, and shows it. The room is joined by the one component that calls `useRoom`. */
import { type UseRoom, useRoom } from "@heliograph/client/react";
import { type FormEvent, useState } from "react";
import { Call } from "./call.js";
import { Chat } from "./chat.js";
import { Files } from "./files.js";

const backends = new URLSearchParams(location.search).get("backend") ?? "http://localhost:7071/api";

interface Wanted {
  readonly room: string;
  readonly name: string;
}

export function App() {
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const now = useRoom(wanted && { backends, ...wanted });
  return (
    <main>
      <h1>Heliograph with React</h1>
      <p role="status">{now.status}</p>
      {now.error && <Failure now={now} />}
      {wanted ? (
        <button type="button" onClick={() => setWanted(null)}>
          Leave
        </button>
      ) : (
        <Door onJoin={setWanted} />
      )}
      {now.room && now.status !== "closed" && <Inside now={now} />}
    </main>
  );
}

function Door({ onJoin }: { onJoin: (wanted: Wanted) => void }) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    onJoin({ room: String(form.get("room")), name: String(form.get("name")) });
  };
  return (
    <form onSubmit={submit}>
      <input name="name" aria-label="Your name" placeholder="Your name" maxLength={64} required />
      <input name="room" aria-label="Room" placeholder="Room" maxLength={64} required />
      <button type="submit">Join</button>
    </form>
  );
}

function Failure({ now }: { now: UseRoom }) {
  return (
    <p role="alert">
      {now.error?.code}: {now.error?.message}{" "}
      <button type="button" onClick={now.rejoin}>
        Try again
      </button>
    </p>
  );
}

function Inside({ now: { room, peers, warning } }: { now: UseRoom }) {
  return (
    <>
      {warning && <p role="alert">{warning.message}</p>}
      <ul aria-label="People">
        {peers.map((peer) => (
          <li key={peer.id}>
            {peer.name || peer.id} ({peer.state}, {peer.path})
          </li>
        ))}
      </ul>
      <Call room={room} peers={peers} />
      <Chat room={room} />
      <Files room={room} />
    </>
  );
}
