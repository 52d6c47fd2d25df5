/** What our candidates say of our network, and who of a pair needs a relay: both tables. */
import { describe, expect, test } from "vitest";
import { type Gathering, NO_ANSWER_MS, needOf, networkOf } from "../../src/turn/network.js";
import type { Network } from "../../src/wire/protocol.js";

const US = "203.0.113.5"; // as the internet sees us
const MDNS = "1176a44f-8e3f-49be-aa25-093cbb31820e.local"; // RFC 9834: hosts hide their addresses

/** As Chromium 156 writes them. All candidates of one socket have one foundation (RFC 8445 §5.1.1.3). */
const chromium = {
  host: (port = 49834, address = MDNS) =>
    `a=candidate:1692197438 1 udp 2113937151 ${address} ${port} typ host generation 0 network-cost 999`,
  host6: (port: number) =>
    `a=candidate:1672384142 1 udp 2113942271 3194c91a-ab27-4422-98b5-2d3f416f2161.local ${port} typ host generation 0 network-cost 999`,
  hostTcp: () =>
    `a=candidate:4210984823 1 tcp 1518157311 ${MDNS} 9 typ host tcptype active generation 0 network-cost 999`,
  srflx: (port: number, address = US) =>
    `a=candidate:4205915178 1 udp 1677729535 ${address} ${port} typ srflx raddr 0.0.0.0 rport 0 generation 0 network-cost 999`,
  srflx6: (port: number) =>
    `a=candidate:1947208462 1 udp 1677732095 2001:db8:85a3::8a2e:370:7334 ${port} typ srflx raddr :: rport 0 generation 0 network-cost 999`,
  relay: (port: number) =>
    `a=candidate:3098175849 1 udp 33562623 198.51.100.7 ${port} typ relay raddr 0.0.0.0 rport 0 generation 0 network-cost 999`,
};

/** As Firefox writes them: each STUN server that is asked gives a foundation of its own. */
const firefox = {
  host: (port: number, foundation = 0) =>
    `a=candidate:${foundation} 1 UDP 2122252543 84a78e7e-fe7a-7445-b8b5-2a579cbd5515.local ${port} typ host`,
  hostTcp: () =>
    "a=candidate:7 1 TCP 2105524479 84a78e7e-fe7a-7445-b8b5-2a579cbd5515.local 9 typ host tcptype active",
  srflx: (port: number, server: 1 | 2) =>
    `a=candidate:${server} 1 UDP ${server === 1 ? 1685987327 : 1685986815} ${US} ${port} typ srflx raddr 0.0.0.0 rport 0`,
};

const section = (...candidates: string[]) => [
  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
  "a=mid:0",
  ...candidates,
];
const media = (...candidates: string[]) => [
  "m=audio 9 UDP/TLS/RTP/SAVPF 111",
  "a=mid:1",
  ...candidates,
];
const sdpOf = (...lines: string[]) => ["v=0", "s=-", "t=0 0", ...lines, ""].join("\r\n");

/** Two STUN servers were asked and all is gathered. */
function gathering(candidates: string[], changes: Partial<Gathering> = {}): Gathering {
  const sdp = sdpOf(...section(...candidates));
  return { sdp, stunServers: 2, complete: true, failed: false, ms: 140, ...changes };
}

const during = { complete: false };
const { host, host6, hostTcp, srflx, srflx6, relay } = chromium;

describe("our network", () => {
  test.each<[string, string[], Partial<Gathering>, Network | "open" | null]>([
    // No server-reflexive candidate.
    ["nothing yet", [], { ...during, ms: 0 }, null],
    ["no answer yet", [host()], { ...during, ms: NO_ANSWER_MS - 1 }, null],
    ["no answer in 500 ms", [host(), hostTcp()], { ...during, ms: NO_ANSWER_MS }, "udp-blocked"],
    [
      "no answer, and a relay by TCP",
      [host(), relay(50_000)],
      { ...during, ms: 900 },
      "udp-blocked",
    ],
    ["a public address: there is none", [host(49_834, "198.51.100.9")], {}, null],
    ["the same after a long time", [host(49_834, "198.51.100.9")], { ms: 9_000 }, null],
    ["no server could be reached", [host()], { failed: true }, "udp-blocked"],
    ["no STUN servers", [host()], { stunServers: 0, ms: 9_000 }, null],
    ["no STUN servers, and a failure", [host()], { stunServers: 0, failed: true }, null],
    // Chromium: one socket, and the port that each of two servers has seen.
    ["the same port", [host(), srflx(49_834)], {}, "open"],
    ["the same port, and perhaps more to come", [host(), srflx(49_834)], during, null],
    ["two ports", [host(), srflx(49_834), srflx(49_835)], {}, "symmetric"],
    ["two ports, at once", [host(), srflx(61_000), srflx(1_024)], during, "symmetric"],
    [
      "two ports, although a server failed",
      [srflx(61_000), srflx(1_024)],
      { failed: true },
      "symmetric",
    ],
    [
      "one port so far, although a server failed",
      [srflx(49_834)],
      { complete: false, failed: true, ms: 900 },
      null,
    ],
    [
      "two cards, one port each",
      [host(), host6(47_198), srflx(49_834), srflx6(47_198).replace(/2001\S+/, "198.51.100.2")],
      {},
      "open",
    ],
    // What it would have seen, nobody knows.
    ["the same port, and a server failed", [host(), srflx(49_834)], { failed: true }, null],
    [
      "three ports for three servers",
      [1, 2, 3].map((port) => srflx(port)),
      { stunServers: 3 },
      "symmetric",
    ],
    ["IPv6 beside IPv4", [host(), host6(47_198), srflx(49_834), srflx6(47_198)], {}, "open"],
    ["two ports of IPv6", [host6(47_198), srflx6(47_198), srflx6(50_028)], {}, "symmetric"],
    ["an address that is not hidden", [host(49_834, "192.168.1.5"), srflx(50_000)], {}, "open"],
    ["TCP candidates, which count for nothing", [host(), hostTcp(), srflx(49_834)], {}, "open"],
    ["no host candidates, as a company may want it", [srflx(50_000)], {}, "open"],
    ["one server cannot tell", [host(), srflx(50_000)], { stunServers: 1 }, null],
  ])("in Chromium, %s", (_, candidates, changes, network) => {
    expect(networkOf(gathering(candidates, changes), null)).toBe(network);
  });

  test.each<[string, string[], Network | "open"]>([
    [
      "a port for each of two servers",
      [firefox.host(49_715), firefox.srflx(50_001, 1), firefox.srflx(50_002, 2)],
      "symmetric",
    ],
    [
      "the same port for both",
      [firefox.host(49_715), firefox.srflx(49_715, 1), firefox.srflx(49_715, 2)],
      "open",
    ],
    [
      "two sockets with a port each",
      [
        ...[firefox.host(49_715), firefox.host(49_716, 3)],
        ...[firefox.srflx(49_715, 1), firefox.srflx(49_716, 2)],
      ],
      "open",
    ],
    [
      "two sockets with more ports than that",
      [
        ...[firefox.host(49_715), firefox.host(49_716, 3)],
        ...[firefox.srflx(50_001, 1), firefox.srflx(50_002, 2), firefox.srflx(50_003, 1)],
      ],
      "symmetric",
    ],
    [
      "TCP candidates, which are no sockets",
      [
        ...[firefox.host(49_715), firefox.hostTcp()],
        ...[firefox.srflx(50_001, 1), firefox.srflx(50_002, 2)],
      ],
      "symmetric",
    ],
  ])("in Firefox, %s", (_, candidates, network) => {
    expect(networkOf(gathering(candidates), null)).toBe(network);
  });

  // Until an answer has bundled them, each media section has sockets of its own (W3C WebRTC §4.2.4).
  describe("with media, whose sockets have the same foundation as those of the channel", () => {
    const both = (audio: number[], channel: number[]) => {
      const lines = (ports: number[]) => [host(ports[0]), ...ports.map((port) => srflx(port))];
      const sdp = sdpOf(...media(...lines(audio)), ...section(...lines(channel)));
      return networkOf(gathering([], { sdp }), null);
    };

    test("a port for each section says nothing", () => {
      expect(both([41_992], [37_129])).toBe("open");
    });

    test("two ports in one of them do", () => {
      expect(both([41_992], [37_129, 37_130])).toBe("symmetric");
      expect(both([41_992, 41_993], [37_129])).toBe("symmetric");
    });
  });

  test("one of two servers that cannot be reached says nothing before the other has answered", () => {
    expect(networkOf(gathering([host()], { ...during, failed: true, ms: 7 }), null)).toBeNull();
  });

  test.each<
    [string, Network | "open" | null, string[], Partial<Gathering>, Network | "open" | null]
  >([
    [
      "stays known while it gathers anew",
      "symmetric",
      [host()],
      { ...during, ms: 20 },
      "symmetric",
    ],
    ["stays known where nobody is asked", "symmetric", [host()], { stunServers: 0 }, "symmetric"],
    ["stays known with one server", "symmetric", [srflx(50_000)], { stunServers: 1 }, "symmetric"],
    [
      "is not blocked any more when a late answer comes",
      "udp-blocked",
      [srflx(50_000)],
      { ...during, ms: 700 },
      null,
    ],
    ["is blocked until one comes", "udp-blocked", [host()], { ...during, ms: 20 }, "udp-blocked"],
    ["is another one now", "open", [srflx(50_000), srflx(50_001)], {}, "symmetric"],
  ])("%s", (_, before, candidates, changes, network) => {
    expect(networkOf(gathering(candidates, changes), before)).toBe(network);
  });
});

describe("who of a pair needs a relay", () => {
  const NONE = null;
  const BLOCKED = "udp-blocked";
  const SYMMETRIC = "symmetric";
  /** What the polite side and the impolite side find, and whether it is certain. */
  const TABLE: [Network | null, Network | null, string, string, boolean][] = [
    // ours      theirs     polite    impolite  certain
    [BLOCKED, BLOCKED, "both", "both", false],
    [BLOCKED, SYMMETRIC, "ours", "ours", true],
    [BLOCKED, NONE, "ours", "ours", true],
    [SYMMETRIC, BLOCKED, "theirs", "theirs", true],
    [NONE, BLOCKED, "theirs", "theirs", true],
    [SYMMETRIC, SYMMETRIC, "theirs", "ours", false],
    [SYMMETRIC, NONE, "ours", "ours", false],
    [NONE, SYMMETRIC, "theirs", "theirs", false],
    [NONE, NONE, "none", "none", false],
  ];

  test.each(TABLE)("ours %s, theirs %s", (ours, theirs, polite, impolite, certain) => {
    const isKnown = false;
    expect(needOf(ours, theirs, { polite: true, isKnown })).toEqual({ relays: polite, certain });
    expect(needOf(ours, theirs, { polite: false, isKnown })).toEqual({ relays: impolite, certain });
  });

  test.each(TABLE)("both sides agree: ours %s, theirs %s", (ours, theirs) => {
    const mirror = { none: "none", ours: "theirs", theirs: "ours", both: "both" } as const;
    for (const polite of [true, false]) {
      const here = needOf(ours, theirs, { polite, isKnown: false });
      const there = needOf(theirs, ours, { polite: !polite, isKnown: false });
      expect(there).toEqual({ relays: mirror[here.relays], certain: here.certain });
    }
  });

  test.each(TABLE)("certain by experience: ours %s, theirs %s", (ours, theirs, polite) => {
    expect(needOf(ours, theirs, { polite: true, isKnown: true })).toEqual({
      relays: polite,
      certain: true,
    });
  });
});
