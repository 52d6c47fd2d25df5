import { expect, test } from "vitest";
import { fingerprintIn, fingerprintOf } from "../../src/safety/fingerprints.js";

const hex = (start: number) =>
  Array.from({ length: 32 }, (_, n) => (start + n).toString(16).padStart(2, "0")).join(":");
const ONE = hex(0x90).toUpperCase();
const line = (value: string, hash = "sha-256") => `a=fingerprint:${hash} ${value}`;
const sdp = (...lines: string[]) => `${["v=0", ...lines, "a=mid:0"].join("\r\n")}\r\n`;

test.each([
  ["in capitals", sdp(line(ONE))],
  ["in small letters", sdp(line(ONE.toLowerCase()))],
  ["with the name of the hash in capitals", sdp(line(ONE, "SHA-256"))],
  [
    "once for the session and in each part of it",
    sdp(line(ONE), line(ONE), line(ONE.toLowerCase())),
  ],
  ["at the end of a text without a line break", `v=0\n${line(ONE)}`],
])("a certificate that is named %s is found", (_, text) => {
  expect(fingerprintIn(text)).toBe(ONE);
});

test.each([
  ["no certificate", sdp()],
  ["two of them, as when the audio ends elsewhere", sdp(line(ONE), line(hex(0x10)))],
  ["another hash", sdp(line(ONE, "sha-1"))],
  [
    "another hash beside it, which may be of another certificate",
    sdp(line(ONE), line(ONE, "sha-512")),
  ],
  ["a hash that is too short", sdp(line(ONE.slice(3)))],
  ["a hash that is too long", sdp(line(`${ONE}:00`))],
  ["no hash", sdp(line("GG"))],
  ["a line that only looks like it", sdp(`i=a=fingerprint:sha-256 ${ONE}`)],
])("a description with %s names no one certificate", (_, text) => {
  expect(fingerprintIn(text)).toBeNull();
});

test("a hash is spelt as in a description", () => {
  const bytes = Uint8Array.from({ length: 32 }, (_, n) => 0x90 + n);
  expect(fingerprintOf(bytes.buffer)).toBe(ONE);
});
