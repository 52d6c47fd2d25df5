import type { MediaSource, Room } from "@heliograph/client";
import { type PeerView, useMedia, useStream } from "@heliograph/client/react";

export function Call({ room, peers }: { room: Room | null; peers: readonly PeerView[] }) {
  const { sending, error, start, stop, mute } = useMedia(room);
  const toggle = (source: MediaSource) => (sending.has(source) ? stop(source) : void start(source));
  const microphone = sending.get("microphone");
  return (
    <section>
      <h2>Call</h2>
      {(["microphone", "camera", "screen"] as const).map((source) => (
        <button key={source} type="button" onClick={() => toggle(source)}>
          {sending.has(source) ? `Stop ${source}` : `Start ${source}`}
        </button>
      ))}
      {microphone && (
        <button type="button" onClick={() => mute("microphone", !microphone.muted)}>
          {microphone.muted ? "Unmute" : "Mute"}
        </button>
      )}
      {error && <p role="alert">{error.message}</p>}
      {peers.map((peer) => (
        <Pictures key={peer.id} peer={peer} />
      ))}
    </section>
  );
}

/** Microphone and camera are in one stream, the screen and its sound in another. */
function Pictures({ peer: { name, media } }: { peer: PeerView }) {
  const face = (media.get("camera") ?? media.get("microphone"))?.stream;
  const screen = media.get("screen")?.stream;
  return (
    <>
      {face && <Picture stream={face} label={name} />}
      {screen && <Picture stream={screen} label={`The screen of ${name}`} />}
    </>
  );
}

function Picture({ stream, label }: { stream: MediaStream; label: string }) {
  const ref = useStream(stream);
  // biome-ignore lint/a11y/useMediaCaption: what people say now has no captions
  return <video ref={ref} aria-label={label} width={320} autoPlay playsInline />;
}
