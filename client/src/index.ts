export type {
  BackendCode,
  ClientCode,
  ErrorCode,
  ErrorDetail,
  MediaCode,
  TransferCode,
} from "./errors.js";
export { HeliographError } from "./errors.js";
export { createRoom, join, prepare } from "./room/join.js";
export { openChannel } from "./room/open-channel.js";
export type * from "./types.js";
