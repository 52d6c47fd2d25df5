/** Two members with real connections, and the media that go between them. */
import { MediaDoor } from "../../src/media/door.js";
import type { GivenTracks } from "../../src/media/room-media.js";
import type { MediaSource, RoomEvents } from "../../src/types.js";
import { Pair, type PairOptions, type Side, until } from "./pair.js";

/** One of the two, as the room would be. */
export class MediaSide {
  readonly side: Side;
  door: MediaDoor;
  readonly heard: RoomEvents["media"][] = [];
  readonly sending: RoomEvents["sending"][] = [];
  devices = 0;
  readonly errors: string[] = [];

  constructor(side: Side, given?: GivenTracks) {
    this.side = side;
    this.door = this.#made(given);
  }

  /** Its page is loaded again: what it knew is gone. */
  reload(): void {
    this.door.close();
    this.door = this.#made();
  }

  get received() {
    return this.side.peer.media;
  }

  /** So many frames and packets have come from this source by now. */
  async counts(source: MediaSource): Promise<{ frames: number; packets: number }> {
    const track = this.received.get(source)?.track;
    const none = { frames: 0, packets: 0 };
    if (!track) return none;
    const receivers = this.side.peer.connection.getReceivers();
    const receiver = receivers.find((one) => one.track === track);
    const stats = [...((await receiver?.getStats())?.values() ?? [])];
    const inbound = stats.find(({ type }) => type === "inbound-rtp");
    const { framesDecoded = 0, packetsReceived = 0 } = inbound ?? {};
    return inbound ? { frames: framesDecoded, packets: packetsReceived } : none;
  }

  /** More of it comes than has come by now. */
  async flows(source: MediaSource, ms = 5_000): Promise<void> {
    const before = await this.counts(source);
    await this.#counted(source, ms, (now) =>
      source === "camera" || source === "screen"
        ? now.frames > before.frames
        : now.packets > before.packets + 2,
    );
  }

  /** Nothing more comes after a moment. */
  async stops(source: MediaSource): Promise<void> {
    for (let tries = 0; tries < 20; tries += 1) {
      const before = await this.counts(source);
      await new Promise((resolve) => setTimeout(resolve, 400));
      if ((await this.counts(source)).packets === before.packets) return;
    }
    throw new Error(`${source} does not stop`);
  }

  async #counted(
    source: MediaSource,
    ms: number,
    done: (now: { frames: number; packets: number }) => boolean,
  ): Promise<void> {
    const end = performance.now() + ms;
    while (!done(await this.counts(source))) {
      if (performance.now() > end) throw new Error(`no ${source} within ${ms} ms`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  #made(given?: GivenTracks): MediaDoor {
    const { side } = this;
    const made: MediaDoor = new MediaDoor(
      {
        peers: () => new Map([[side.peer.id, side.peer]]),
        nextSeq: () => side.nextSeq(),
        emit: (event, value) => {
          if (made !== this.door) return;
          if (event === "media") this.heard.push(value as RoomEvents["media"]);
          else if (event === "sending") this.sending.push(value as RoomEvents["sending"]);
          else if (event === "error") this.errors.push((value as RoomEvents["error"]).code);
          else this.devices += 1;
        },
      },
      given,
    );
    side.media = made;
    return made;
  }
}

export class MediaPair {
  readonly pair: Pair;
  readonly impolite: MediaSide;
  readonly polite: MediaSide;

  constructor(
    options: PairOptions = { starts: ["offer", "wait"] },
    given: { impolite?: GivenTracks; polite?: GivenTracks } = {},
  ) {
    this.pair = new Pair(options);
    this.impolite = new MediaSide(this.pair.impolite, given.impolite);
    this.polite = new MediaSide(this.pair.polite, given.polite);
  }

  get sides(): MediaSide[] {
    return [this.impolite, this.polite];
  }

  /** How many offers and answers have been set by now, on both sides. */
  watchRounds(): { count: number } {
    const rounds = { count: 0 };
    for (const { peer } of this.pair.sides) {
      const { connection } = peer;
      connection.addEventListener("signalingstatechange", () => {
        if (connection.signalingState === "stable") rounds.count += 1;
      });
    }
    return rounds;
  }

  async stable(): Promise<void> {
    await until(() =>
      this.pair.sides.every(({ peer }) => peer.connection.signalingState === "stable"),
    );
  }

  close(): void {
    for (const { door } of this.sides) door.close();
    this.pair.close();
  }
}

/** A picture that moves, or a tone, without a device. */
export function track(kind: "audio" | "video"): MediaStreamTrack {
  if (kind === "audio") {
    const context = new AudioContext();
    const [tone, out] = [context.createOscillator(), context.createMediaStreamDestination()];
    tone.connect(out);
    tone.start();
    return out.stream.getAudioTracks()[0] as MediaStreamTrack;
  }
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  let frame = 0;
  setInterval(() => {
    frame += 1;
    if (context) context.fillStyle = `hsl(${frame % 360} 80% 50%)`;
    context?.fillRect(0, 0, 300, 150);
  }, 30);
  return canvas.captureStream(30).getVideoTracks()[0] as MediaStreamTrack;
}
