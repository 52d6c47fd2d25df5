/**
 * The safety words of one peer (docs/protocol.md §9): for each connection one exchange of nonces, and the
 * words that come of it. They hold as long as the connection ends at the same two certificates.
 */
import { type ErrorCode, HeliographError } from "../errors.js";
import { advance, type Exchange, IDLE, type Own } from "./exchange.js";
import { fingerprintIn, fingerprintOf } from "./fingerprints.js";
import { parseSafety, type SafetyMessage } from "./messages.js";
import { commitmentText, safetyText, wordsOf } from "./words.js";

/** The other side may have to load this code first. */
const ANSWER_MS = 10_000;
const NONCE_BYTES = 32;

/** What the words need of the peer. */
export interface SafetyPorts {
  /** Our own peer id, and that of the other side. */
  readonly self: string;
  readonly id: string;
  /** The connection that is in use. */
  connection(): RTCPeerConnection;
  /** In its channel. False if that is not open. */
  say(message: SafetyMessage): Promise<boolean>;
  /** Null: the words of before hold no longer. */
  changed(words: readonly string[] | null): void;
  failed(code: ErrorCode, message: string): void;
}

type Words = readonly string[];

/** What is agreed on in one connection. */
interface Session {
  readonly connection: RTCPeerConnection;
  readonly own: Own;
  exchange: Exchange;
  /** The fingerprints that the words are made of, once they are. */
  certificates: Certificates | null;
  readonly words: Promise<Words>;
  readonly resolve: (words: Words) => void;
  readonly reject: (error: HeliographError) => void;
}

interface Certificates {
  readonly ours: string;
  readonly theirs: string;
}

const MISMATCH = "The safety words cannot be trusted: somebody may be in between.";

export class Safety {
  readonly #ports: SafetyPorts;
  #session: Session | null = null;
  /** One after another, in the order in which they came. */
  #turn: Promise<void> = Promise.resolve();

  constructor(ports: SafetyPorts) {
    this.#ports = ports;
  }

  /** Rejects with `not_connected`, `no_answer` after 10 s, `safety_mismatch`, `unsupported`. */
  async ask(): Promise<Words> {
    if (!crypto.subtle) throw new HeliographError("unsupported", "This needs a page with HTTPS.");
    const session = await this.#inTurn((now) => this.#step(now, { step: "wanted" }));
    return answered(session.words);
  }

  received(body: unknown): void {
    const message = parseSafety(body);
    if (!message || !crypto.subtle) return;
    this.#inTurn((session) => this.#step(session, message)).catch(() => {}); // it can be asked again
  }

  /** The connection, or one of its descriptions, may be another. */
  check(): void {
    const session = this.#session;
    if (!session || this.#holds(session)) return;
    this.#session = null;
    session.reject(notConnected());
    if (session.certificates) this.#ports.changed(null);
  }

  #holds({ connection, certificates }: Session): boolean {
    if (connection !== this.#ports.connection()) return false;
    if (!certificates) return true;
    const { ours, theirs } = named(connection);
    return ours === certificates.ours && theirs === certificates.theirs;
  }

  #inTurn(act: (session: Session) => Promise<void>): Promise<Session> {
    const acted = this.#turn.then(async () => {
      const session = await this.#current();
      await act(session);
      return session;
    });
    this.#turn = acted.then(
      () => {},
      () => {},
    );
    return acted;
  }

  async #current(): Promise<Session> {
    this.check();
    this.#session ??= await begun(this.#ports.connection());
    return this.#session;
  }

  async #step(session: Session, message: SafetyMessage | { step: "wanted" }): Promise<void> {
    const { own, exchange } = session;
    const hash = message.step === "reveal" ? await commitment(message.nonce) : "";
    const { self, id } = this.#ports;
    const event = message.step === "reveal" ? { ...message, hash } : message;
    const [next, said] = advance(exchange, event, own, self > id);
    // What could not be said has not happened: it is said when somebody asks again.
    if (said && !(await this.#ports.say(said))) throw notConnected();
    session.exchange = next;
    if (next === exchange) return;
    if (next.phase === "agreed") await this.#agree(session, next.theirs);
    if (next.phase === "broken") this.#mismatch(session);
  }

  async #agree(session: Session, nonce: string): Promise<void> {
    const { connection, own } = session;
    const { ours, theirs } = named(connection);
    if (!ours || !theirs) {
      session.reject(
        new HeliographError("unsupported", "The connection names no one certificate."),
      );
      return;
    }
    const seen = await certificateSeen(connection);
    if (seen !== null && seen !== theirs) {
      this.#mismatch(session);
      return;
    }
    const { self, id } = this.#ports;
    const us = { id: self, fingerprint: ours, nonce: own.nonce };
    const them = { id, fingerprint: theirs, nonce };
    const words = wordsOf(await sha256(new TextEncoder().encode(safetyText(us, them))));
    if (session !== this.#session) return;
    session.certificates = { ours, theirs };
    session.resolve(words);
    this.#ports.changed(words);
    this.check();
  }

  #mismatch(session: Session): void {
    session.reject(new HeliographError("safety_mismatch", MISMATCH));
    this.#ports.failed("safety_mismatch", MISMATCH);
  }
}

async function begun(connection: RTCPeerConnection): Promise<Session> {
  const nonce = toText(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));
  const own = { nonce, hash: await commitment(nonce) };
  let resolve: Session["resolve"] = () => {};
  let reject: Session["reject"] = () => {};
  const words = new Promise<Words>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  words.catch(() => {}); // perhaps nobody here has asked
  return { connection, own, exchange: IDLE, certificates: null, words, resolve, reject };
}

async function answered(words: Promise<Words>): Promise<Words> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const fail = () => reject(new HeliographError("no_answer", "The other side does not answer."));
    timer = setTimeout(fail, ANSWER_MS);
  });
  try {
    return await Promise.race([words, late]);
  } finally {
    clearTimeout(timer);
  }
}

const notConnected = (): HeliographError =>
  new HeliographError("not_connected", "There is no connection to this peer.");

/** The certificates that the two descriptions in force name. */
function named(connection: RTCPeerConnection): { ours: string | null; theirs: string | null } {
  if (connection.signalingState === "closed") return { ours: null, theirs: null }; // Firefox throws
  const { currentLocalDescription: local, currentRemoteDescription: remote } = connection;
  return { ours: fingerprintIn(local?.sdp ?? ""), theirs: fingerprintIn(remote?.sdp ?? "") };
}

/** The one that the other side has shown in the DTLS handshake; null where a browser does not say. */
async function certificateSeen(connection: RTCPeerConnection): Promise<string | null> {
  const [certificate] = connection.sctp?.transport.getRemoteCertificates?.() ?? [];
  return certificate ? fingerprintOf(await sha256(certificate)) : null;
}

async function commitment(nonce: string): Promise<string> {
  return toText(new Uint8Array(await sha256(new TextEncoder().encode(commitmentText(nonce)))));
}

const sha256 = (bytes: BufferSource): Promise<ArrayBuffer> =>
  crypto.subtle.digest("SHA-256", bytes);

/** In base64url. */
function toText(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
