/** Both sides' `Safety`, with connections of which only the descriptions and the certificates are there. */
import { beforeEach, expect, test } from "vitest";
import type { SafetyMessage } from "../../src/safety/messages.js";
import { Safety } from "../../src/safety/safety.js";

const GREATER = "zzzzzzzzzzzzzzzz";
const SMALLER = "AAAAAAAAAAAAAAAA";

/** A certificate is its name here; its fingerprint is that of the name's bytes. */
const der = (name: string): ArrayBuffer => new TextEncoder().encode(name).buffer;

async function line(name: string): Promise<string> {
  const hash = Buffer.from(await crypto.subtle.digest("SHA-256", der(name))).toString("hex");
  return `a=fingerprint:sha-256 ${hash.replace(/..(?=.)/g, "$&:")}\r\n`;
}

class Side {
  connection: RTCPeerConnection | null = null;
  readonly shown: (readonly string[] | null)[] = [];
  readonly failures: string[] = [];
  isUp = true;
  other: Side | null = null;
  readonly safety: Safety;

  constructor(self: string, id: string) {
    this.safety = new Safety({
      self,
      id,
      connection: () => this.connection as RTCPeerConnection,
      say: async (message: SafetyMessage) => {
        if (this.isUp) this.other?.safety.received(JSON.parse(JSON.stringify(message)));
        return this.isUp;
      },
      changed: (words) => this.shown.push(words),
      failed: (code) => this.failures.push(code),
    });
  }

  /** `named`: by the other side's description; `seen`: in the handshake, if the browser says. */
  async connect(own: string, named: string, seen?: string): Promise<void> {
    const getRemoteCertificates = seen === undefined ? undefined : () => [der(seen)];
    this.connection = {
      currentLocalDescription: { sdp: await line(own) },
      currentRemoteDescription: { sdp: await line(named) },
      sctp: { transport: { getRemoteCertificates } },
    } as unknown as RTCPeerConnection;
  }

  /** Both have agreed on another description of that side. */
  describes(remote: string): void {
    Object.assign(this.connection as object, { currentRemoteDescription: { sdp: remote } });
    this.safety.check();
  }
}

let greater: Side;
let smaller: Side;
beforeEach(async () => {
  greater = new Side(GREATER, SMALLER);
  smaller = new Side(SMALLER, GREATER);
  [greater.other, smaller.other] = [smaller, greater];
  await greater.connect("of greater", "of smaller", "of smaller");
  await smaller.connect("of smaller", "of greater");
});

test("both have the same words, whether a browser shows certificates or not", async () => {
  const words = await smaller.safety.ask();
  expect(await greater.safety.ask()).toEqual(words);
  expect([greater.shown, smaller.shown]).toEqual([[words], [words]]);
});

test("a handshake with another certificate than was described makes no words", async () => {
  await greater.connect("of greater", "of smaller", "of somebody else");
  await expect(greater.safety.ask()).rejects.toMatchObject({ code: "safety_mismatch" });
  expect([greater.shown, greater.failures]).toEqual([[], ["safety_mismatch"]]);
});

test("a description with a second certificate makes no words", async () => {
  greater.describes((await line("of smaller")) + (await line("for the audio")));
  await expect(greater.safety.ask()).rejects.toMatchObject({ code: "unsupported" });
  expect(greater.shown).toEqual([]);
});

test("words are taken back when the same connection names another certificate", async () => {
  const words = await greater.safety.ask();
  greater.describes(await line("of smaller"));
  expect(greater.shown).toEqual([words]);
  greater.describes((await line("of smaller")) + (await line("for the audio")));
  expect(greater.shown).toEqual([words, null]);
});

test("who has no channel is told so, and can ask when it has one", async () => {
  greater.isUp = false;
  await expect(greater.safety.ask()).rejects.toMatchObject({ code: "not_connected" });
  greater.isUp = true;
  expect(await greater.safety.ask()).toEqual(await smaller.safety.ask());
});

test("an answer that could not be said is said when somebody asks again", async () => {
  smaller.isUp = false;
  const asked = greater.safety.ask();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(greater.shown).toEqual([]);
  smaller.isUp = true;
  expect(await smaller.safety.ask()).toEqual(await asked);
});

test("a question in a connection that is replaced ends", async () => {
  smaller.other = null;
  const asked = expect(smaller.safety.ask()).rejects.toMatchObject({ code: "not_connected" });
  await new Promise((resolve) => setTimeout(resolve, 20));
  await smaller.connect("anew", "of greater");
  smaller.safety.check();
  await asked;
});

test("junk is no message", async () => {
  for (const body of [null, "ask", { step: "reveal", nonce: 1 }]) greater.safety.received(body);
  expect(await greater.safety.ask()).toEqual(await smaller.safety.ask());
  expect(greater.failures).toEqual([]);
});
