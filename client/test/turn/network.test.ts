/** The tables at the head of network.ts. */
import { describe, expect, test } from "vitest";
import { type Gathering, needOf, networkOf } from "../../src/turn/network.js";
import type { Network } from "../../src/wire/protocol.js";

const HOST = "a=candidate:1127902095 1 udp 2113937151 9b36e7c4.local 54400 typ host generation 0";
const HOST_6 = "a=candidate:2281107571 1 udp 2113939711 41d0a7e2.local 41112 typ host generation 0";
const TCP = "a=candidate:1 1 tcp 1518280447 9b36e7c4.local 9 typ host tcptype active";
const reflexive = (port: number, foundation = "2411324902", address = "203.0.113.7") =>
  `a=candidate:${foundation} 1 udp 1677729535 ${address} ${port} typ srflx raddr 0.0.0.0 rport 0`;
const sdp = (...lines: string[]) => ["v=0", ...lines, ""].join("\r\n");

function gathering(changes: Partial<Gathering>): Gathering {
  return { sdp: sdp(HOST), stunServers: 2, complete: false, failed: false, ms: 0, ...changes };
}

describe("the network, by our own candidates", () => {
  const ONE = sdp(HOST, reflexive(5_000));
  const TWO = sdp(HOST, HOST_6, reflexive(5_000), reflexive(6_000));
  const FIREFOX = sdp(HOST, reflexive(5_000, "1"), reflexive(6_000, "2"));
  const TWO_CARDS = sdp(HOST, HOST_6, reflexive(5_000, "1"), reflexive(6_000, "2"));

  test.each<[string, Partial<Gathering>, Network | "open" | null]>([
    ["nothing is known at first", {}, null],
    ["no STUN server has answered in 500 ms", { ms: 500 }, "udp-blocked"],
    ["TCP candidates say nothing", { ms: 500, sdp: sdp(HOST, TCP) }, "udp-blocked"],
    ["a STUN server could not be reached", { failed: true, complete: true }, "udp-blocked"],
    ["a public address: STUN has answered, and said nothing new", { complete: true, ms: 90 }, null],
    ["nobody is asked", { stunServers: 0, ms: 9_000 }, null],
    ["one port so far", { sdp: ONE }, null],
    ["one port in the end", { sdp: ONE, complete: true }, "open"],
    ["one port, and one server", { sdp: ONE, complete: true, stunServers: 1 }, null],
    ["an answer is stronger than a server that failed", { sdp: ONE, failed: true, ms: 900 }, null],
    ["one socket, two ports", { sdp: TWO }, "symmetric"],
    ["more ports than sockets", { sdp: FIREFOX, complete: true }, "symmetric"],
    ["as many ports as sockets", { sdp: TWO_CARDS, complete: true }, "open"],
    [
      "two addresses, one port each",
      { sdp: sdp(HOST, reflexive(5_000), reflexive(5_000, "3", "198.51.100.2")), complete: true },
      "open",
    ],
  ])("%s", (_, changes, network) => {
    expect(networkOf(gathering(changes))).toBe(network);
  });
});

describe("who brings a relay", () => {
  const [BLOCKED, SYMMETRIC] = ["udp-blocked", "symmetric"] as const;

  test.each<[Network | null, Network | null, string, string, boolean]>([
    [BLOCKED, BLOCKED, "both", "both", false],
    [BLOCKED, SYMMETRIC, "ours", "ours", true],
    [BLOCKED, null, "ours", "ours", true],
    [SYMMETRIC, BLOCKED, "theirs", "theirs", true],
    [null, BLOCKED, "theirs", "theirs", true],
    [SYMMETRIC, SYMMETRIC, "theirs", "ours", false],
    [SYMMETRIC, null, "ours", "ours", false],
    [null, SYMMETRIC, "theirs", "theirs", false],
    [null, null, "none", "none", false],
  ])(
    "%s and %s: the polite side says %s, the impolite %s",
    (ours, theirs, polite, impolite, certain) => {
      const need = (isPolite: boolean, isKnown = false) =>
        needOf(ours, theirs, { polite: isPolite, isKnown });
      expect([need(true), need(false)]).toEqual([
        { relays: polite, certain },
        { relays: impolite, certain },
      ]);
      expect(need(true, true).certain).toBe(true);
    },
  );

  test("both sides come to the same", () => {
    const mirror = { none: "none", ours: "theirs", theirs: "ours", both: "both" };
    for (const ours of [BLOCKED, SYMMETRIC, null]) {
      for (const theirs of [BLOCKED, SYMMETRIC, null]) {
        const here = needOf(ours, theirs, { polite: true, isKnown: false }).relays;
        const there = needOf(theirs, ours, { polite: false, isKnown: false }).relays;
        expect(mirror[here]).toBe(there);
      }
    }
  });
});
