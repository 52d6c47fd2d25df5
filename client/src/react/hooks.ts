/** The hooks. What they answer are values that do not change, so `memo` and effects can compare them. */
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type {
  MediaSource,
  Room,
  Sendable,
  SendFileOptions,
  SentVia,
  StartOptions,
  Transfer,
} from "../index.js";
import { noRoom, shown } from "./failure.js";
import { type MediaView, mediaOf, NO_MEDIA } from "./media.js";
import { type ChatMessage, messagesOf } from "./messages.js";
import { RoomStore } from "./room-store.js";
import { IDLE, JOINING, type RoomView, type StayOptions } from "./stay.js";
import type { Store } from "./store.js";
import { NO_TRANSFERS, type TransfersView, transfersOf } from "./transfers.js";

const NO_MESSAGES: readonly ChatMessage[] = [];
const UNWATCHED = () => () => {};

/** What `useRoom` is told: that of `join`, without `signal`. */
export type UseRoomOptions = StayOptions;

/** What `useRoom` answers. */
export interface UseRoom extends RoomView {
  /** Joins again, as a new peer: after `failed` or `closed`. */
  rejoin(): void;
}

/**
 * Joins a room while the component is mounted, and leaves it after that; `null`: no room. Another
 * backend, room, name, host token or secret leaves the room and joins the other one. The other options
 * count when it joins. Where two components need one room, one calls this and gives `room` to the
 * other, for the hooks below.
 */
export function useRoom(options: UseRoomOptions | null): UseRoom {
  const [rooms] = useState(() => new RoomStore());
  const key = options && keyOf(options);
  const { store, rejoin } = rooms;
  const shownNow = useSyncExternalStore(store.subscribe, store.get, store.get);
  useEffect(() => {
    rooms.want(key, options);
    return () => rooms.release();
  }, [rooms, key]); // of the options only what the key is made of is compared
  // The effect comes after the first view with other options, which must not show the room before.
  const view = shownNow.key === key ? shownNow.view : options ? JOINING : IDLE;
  return useMemo(() => ({ ...view, rejoin }), [view, rejoin]);
}

function keyOf({ backends, room, name, hostToken, secret }: UseRoomOptions): string {
  return JSON.stringify([[backends].flat(), room, name, hostToken, secret]);
}

/** What `useMessages` answers. Nobody has to wait for its promises: a message says what became of it. */
export interface UseMessages {
  /** Sent and received, in order; the newest 1,000. */
  readonly messages: readonly ChatMessage[];
  /** To one peer, or to everyone. */
  sendText(text: string, to?: string): Promise<SentVia>;
  /** Any JSON. */
  send(data: unknown, to?: string): Promise<SentVia>;
}

/**
 * The messages of a room, from the first use of this hook on; up to 256 of each kind that came before
 * are there too. They are kept as long as the room, also while nobody shows them.
 */
export function useMessages(room: Room | null): UseMessages {
  const log = room && messagesOf(room);
  const messages = useStore(log?.store, NO_MESSAGES);
  const sendText = useCallback(
    (text: string, to?: string) => (log ? shown(log.sendText(text, to)) : noRoom<SentVia>()),
    [log],
  );
  const send = useCallback(
    (data: unknown, to?: string) => (log ? shown(log.send(data, to)) : noRoom<SentVia>()),
    [log],
  );
  return { messages, sendText, send };
}

/** What `useTransfers` answers. Nobody has to wait for its promise: `error` says why it rejects. */
export interface UseTransfers extends TransfersView {
  sendFile(what: Sendable | readonly Sendable[], options?: SendFileOptions): Promise<Transfer[]>;
  /** Takes those that are over out of the list, and lets go of the files that they hold. */
  clear(): void;
}

/** The files of a room, sent and received. One that is `offered` waits for `transfer.accept()`. */
export function useTransfers(room: Room | null): UseTransfers {
  const files = room && transfersOf(room);
  const view = useStore(files?.store, NO_TRANSFERS);
  const sendFile = useCallback(
    (what: Sendable | readonly Sendable[], options?: SendFileOptions) =>
      files ? shown(files.sendFile(what, options)) : noRoom<Transfer[]>(),
    [files],
  );
  const clear = useCallback(() => files?.clear(), [files]);
  return { ...view, sendFile, clear };
}

/** What `useMedia` answers. Nobody has to wait for its promises: `error` says why they reject. */
export interface UseMedia extends MediaView {
  start(source: MediaSource, options?: StartOptions): Promise<MediaStreamTrack>;
  use(source: "microphone" | "camera", deviceId: string): Promise<MediaStreamTrack>;
  stop(source: MediaSource): void;
  mute(source: MediaSource, muted: boolean): void;
}

/** What we send from microphone, camera and screen. What others send is in `peers` of `useRoom`. */
export function useMedia(room: Room | null): UseMedia {
  const media = room && mediaOf(room);
  const view = useStore(media?.store, NO_MEDIA);
  const calls = useMemo(
    () => ({
      start: (source: MediaSource, options?: StartOptions) =>
        media ? shown(media.start(source, options)) : noRoom<MediaStreamTrack>(),
      use: (source: "microphone" | "camera", deviceId: string) =>
        media ? shown(media.use(source, deviceId)) : noRoom<MediaStreamTrack>(),
      stop: (source: MediaSource) => room?.media.stop(source),
      mute: (source: MediaSource, muted: boolean) => room?.media.mute(source, muted),
    }),
    [room, media],
  );
  return { ...view, ...calls };
}

/** For the `ref` of a `<video>` or `<audio>`: React has no property for `srcObject`. */
export function useStream(
  stream: MediaStream | null | undefined,
): (element: HTMLMediaElement | null) => void {
  return useCallback(
    (element) => {
      if (element && element.srcObject !== (stream ?? null)) element.srcObject = stream ?? null;
    },
    [stream],
  );
}

/** What the store holds, or `none` while there is no store. */
function useStore<T>(store: Store<T> | null | undefined, none: T): T {
  const get = store ? store.get : () => none;
  return useSyncExternalStore(store?.subscribe ?? UNWATCHED, get, () => none);
}
