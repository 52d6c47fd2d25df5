/** React hooks (React 18 or newer): a room, its messages, files and media. */
export type { UseMedia, UseMessages, UseRoom, UseRoomOptions, UseTransfers } from "./hooks.js";
export { useMedia, useMessages, useRoom, useStream, useTransfers } from "./hooks.js";
export type { MediaView } from "./media.js";
export type { ChatMessage, ReceivedMessage, SentMessage, SentState } from "./messages.js";
export type { PeerView } from "./peer-views.js";
export type { RoomStatus, RoomView } from "./stay.js";
export type { TransfersView, TransferView } from "./transfers.js";
