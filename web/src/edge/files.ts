/** The files of the room of the SDK: what it says becomes events, and what is asked is done. */
import type { Room, Transfer } from "@heliograph/client";
import {
  type FileRow,
  type Files,
  type FilesEvent,
  NO_FILES,
  type Picked,
  stepFiles,
} from "../transfers/model.js";
import { codeOf } from "./sdk-values.js";

/** What the buttons of the files do. None of them throws or rejects. */
export interface FilesActions {
  send(files: readonly Picked[]): void;
  choose(to: string | null): void;
  cancelChoice(): void;
  accept(id: string): void;
  decline(id: string): void;
  pause(id: string): void;
  resume(id: string): void;
  cancel(id: string): void;
  dismiss(id: string): void;
  dismissProblem(): void;
}

/** Gives a file that was received to the person. */
export type Save = (file: Blob, name: string) => void;

/** Follows the files of `room`; `show` is called with each new state. */
export function followFiles(room: Room, save: Save, show: (files: Files) => void): FilesActions {
  const transfers = new Map<string, Transfer>();
  const dispatch = dispatcher(room, show);

  const moved = ({ transfer }: { readonly transfer: Transfer }): void => {
    if (!transfers.has(transfer.id)) {
      transfers.set(transfer.id, transfer);
      saveWhenDone(transfer, save);
    }
    dispatch({ type: "moved", row: rowOf(room, transfer) });
  };
  room.on("file", moved);
  room.on("transfer-updated", moved);

  const people = (): void => {
    const all = [...room.peers.values()].map(({ id, name }) => ({ id, name }));
    dispatch({ type: "people-changed", people: all });
  };
  for (const event of ["peer-joined", "peer-updated", "peer-left"] as const) room.on(event, people);
  people();
  return actionsOn(transfers, dispatch);
}

/** Takes events, one after another, and sends what they ask for. */
function dispatcher(room: Room, show: (files: Files) => void): (event: FilesEvent) => void {
  let files = NO_FILES;
  return function dispatch(event) {
    const [next, send] = stepFiles(files, event);
    files = next;
    show(next);
    for (const { file, path } of send?.files ?? []) {
      const options = { path, ...(send?.to === undefined ? {} : { to: send.to }) };
      room.sendFile(file, options).catch((error: unknown) => {
        dispatch({ type: "not-sent", code: codeOf(error) });
      });
    }
  };
}

/** What goes wrong is said by the transfer itself. */
function saveWhenDone({ direction, done, name }: Transfer, save: Save): void {
  const take = (file: Blob | null): void => {
    if (file && direction === "down") save(file, name);
  };
  done.then(take, () => {});
}

function actionsOn(
  transfers: Map<string, Transfer>,
  dispatch: (event: FilesEvent) => void,
): FilesActions {
  const on = (act: (transfer: Transfer) => void) => (id: string) => {
    const transfer = transfers.get(id);
    if (transfer) act(transfer);
  };
  return {
    send: (files) => dispatch({ type: "picked", files }),
    choose: (to) => dispatch({ type: "chosen", to }),
    cancelChoice: () => dispatch({ type: "choice-cancelled" }),
    accept: on((transfer) => void transfer.accept().catch(() => {})),
    decline: on((transfer) => transfer.decline()),
    pause: on((transfer) => transfer.pause()),
    resume: on((transfer) => transfer.resume()),
    cancel: on((transfer) => transfer.cancel()),
    dismiss(id) {
      transfers.delete(id);
      dispatch({ type: "dismissed", id });
    },
    dismissProblem: () => dispatch({ type: "problem-dismissed" }),
  };
}

function rowOf(room: Room, transfer: Transfer): FileRow {
  const { id, direction, peerId, name, path, size, bytes, state, interrupted } = transfer;
  const { relayed, relayBytes, bytesPerSecond, secondsLeft, error } = transfer;
  const who = room.peers.get(peerId)?.name ?? "";
  return {
    ...{ id, direction, peer: peerId, who, name, path, size, bytes, state, interrupted },
    ...{ relayed, relayBytes, bytesPerSecond, secondsLeft, code: error?.code ?? null },
  };
}
