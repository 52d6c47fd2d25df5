/** What one peer sends: its tracks, as its connection has them, under the names that it told. */
import type { MediaSource, PeerMedia } from "../types.js";
import type { SlottedLink } from "./slots.js";
import { groupOf, SOURCES } from "./sources.js";
import type { MediaState } from "./state.js";

export type Changed = (source: MediaSource, media: PeerMedia | null) => void;

/** A page that was loaded again, and sends nothing, says nothing: after so long it counts. */
const SILENT_MS = 2_000;
const NOTHING: MediaState = new Map();

export class Received {
  readonly #media: Map<MediaSource, PeerMedia>;
  readonly #changed: Changed;
  /** They stay, so that an element keeps what it shows. */
  readonly #streams = { person: new MediaStream(), screen: new MediaStream() };
  #state = NOTHING;
  #heardBy: SlottedLink | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `media` is what the application reads. */
  constructor(media: Map<MediaSource, PeerMedia>, changed: Changed) {
    this.#media = media;
    this.#changed = changed;
  }

  /** It has said that it sends something. */
  get sends(): boolean {
    return this.#state.size > 0;
  }

  heard(link: SlottedLink, state: MediaState): void {
    clearTimeout(this.#timer);
    this.#heardBy = link;
    this.#state = state;
    this.show(link);
  }

  /** The channel of this connection is open: it tells what it sends, if it sends anything. */
  opened(link: SlottedLink): void {
    this.show(link);
    clearTimeout(this.#timer);
    if (this.#heardBy === link || !this.sends) return;
    this.#timer = setTimeout(() => this.heard(link, NOTHING), SILENT_MS);
  }

  /** Compares what the application has with what is there. */
  show({ slots }: SlottedLink): void {
    SOURCES.forEach((source, n) => {
      const muted = this.#state.get(source);
      const track = slots?.[n]?.receiver.track;
      if (muted === undefined) this.#end(source);
      else if (track) this.#show(source, track, muted);
    });
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #show(source: MediaSource, track: MediaStreamTrack, muted: boolean): void {
    const before = this.#media.get(source);
    if (before?.track === track && before.muted === muted) return;
    const stream = this.#streams[groupOf(source)];
    if (before && before.track !== track) stream.removeTrack(before.track);
    stream.addTrack(track);
    const media = { track, stream, muted };
    this.#media.set(source, media);
    this.#changed(source, media);
  }

  #end(source: MediaSource): void {
    const before = this.#media.get(source);
    if (!before) return;
    before.stream.removeTrack(before.track);
    this.#media.delete(source);
    this.#changed(source, null);
  }
}
