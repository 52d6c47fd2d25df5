import type { Room } from "@heliograph/client";
import { type ChatMessage, useMessages } from "@heliograph/client/react";
import type { FormEvent } from "react";

export function Chat({ room }: { room: Room | null }) {
  const { messages, sendText } = useMessages(room);
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    void sendText(String(new FormData(event.currentTarget).get("text")));
    event.currentTarget.reset();
  };
  return (
    <section>
      <h2>Messages</h2>
      <ul aria-label="Messages" aria-live="polite">
        {messages.map((message) => (
          <li key={message.id}>{lineOf(message)}</li>
        ))}
      </ul>
      <form onSubmit={send}>
        <input name="text" aria-label="Text" maxLength={4096} autoComplete="off" required />
        <button type="submit">Send</button>
      </form>
    </section>
  );
}

function lineOf(message: ChatMessage): string {
  if (message.direction === "in") return `${message.from.name || message.from.id}: ${message.text}`;
  return `You: ${message.text} (${message.error?.message ?? message.state})`;
}
