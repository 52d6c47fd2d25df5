/** What a real connection finds out about its network, with STUN servers on loopback. */
import { afterEach, describe, expect, inject, test } from "vitest";
import { OwnNetwork } from "../../src/peer/own-network.js";
import type { Found } from "../../src/turn/network.js";
import { until } from "./pair.js";

const { same, other, late, silent } = inject("stun");
const NOWHERE = "stun:stun.invalid:3478"; // RFC 6761 §6.4: no such name exists

interface Watched {
  connection: RTCPeerConnection;
  network: OwnNetwork;
  /** What was found, and how many ms after the gathering began. */
  found: [Found, number][];
}

const open: Watched[] = [];
afterEach(() => {
  for (const { connection, network } of open.splice(0)) {
    network.close();
    connection.close();
  }
});

function watch(urls: string[], rtc: RTCConfiguration = {}, before: Found = null): Watched {
  const connection = new RTCPeerConnection({ iceServers: [{ urls }], ...rtc });
  connection.createDataChannel("x");
  const found: [Found, number][] = [];
  const start = performance.now();
  const network = new OwnNetwork(connection, before, () => {
    found.push([network.found, performance.now() - start]);
  });
  const watched: Watched = { connection, network, found };
  open.push(watched);
  return watched;
}

const gather = ({ connection }: Watched) => connection.setLocalDescription();
const complete = ({ connection }: Watched) =>
  until(() => connection.iceGatheringState === "complete");
const names = ({ found }: Watched) => found.map(([name]) => name);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("a connection finds out that", () => {
  test("UDP is blocked, when no STUN server has answered in 500 ms", async () => {
    const watched = watch([silent]);
    expect(watched.network.found).toBeNull();
    await gather(watched);
    await sleep(300);
    expect(watched.found).toEqual([]);
    await until(() => watched.found.length > 0);
    const [[found, ms]] = watched.found as [[Found, number]];
    expect(found).toBe("udp-blocked");
    expect(ms).toBeGreaterThan(450);
    expect(ms).toBeLessThan(1_200);
    await sleep(300);
    expect(watched.found).toHaveLength(1);
  });

  test("its network is open, when two servers see the same port", async () => {
    const watched = watch([...same]);
    await gather(watched);
    await complete(watched);
    await until(() => watched.network.found === "open");
    expect(names(watched)).toEqual(["open"]);
  });

  test("it is symmetric, as soon as two servers see two ports", async () => {
    const watched = watch([same[0], other]);
    await gather(watched);
    await until(() => watched.found.length > 0);
    await complete(watched);
    expect(names(watched)).toEqual(["symmetric"]);
  });

  test.each([{ media: ["audio"] }, { media: ["audio", "video"] }])(
    "it is open with $media, whose sockets are others",
    async ({ media }) => {
      const watched = watch([...same]);
      for (const kind of media) watched.connection.addTransceiver(kind);
      await gather(watched);
      await complete(watched);
      expect(names(watched)).toEqual(["open"]);
    },
  );

  test("a late answer is one", async () => {
    const watched = watch([late]);
    await gather(watched);
    await until(() => watched.found.length === 2);
    expect(names(watched)).toEqual(["udp-blocked", null]);
  });

  test("it is known already, until it gathers something else", async () => {
    const watched = watch([...same], {}, "symmetric");
    expect(watched.network.found).toBe("symmetric");
    await gather(watched);
    await complete(watched);
    expect(names(watched)).toEqual(["open"]);
  });
});

describe("a connection finds out nothing", () => {
  test.each<[string, string[], RTCConfiguration]>([
    ["without STUN servers", [], { iceServers: [] }],
    ["with one server that answers", [same[0]], {}],
    ["with relays alone", [silent], { iceTransportPolicy: "relay" }],
  ])("%s", async (_, urls, rtc) => {
    const watched = watch(urls, rtc);
    await gather(watched);
    await sleep(700);
    expect(watched.found).toEqual([]);
  });

  test("from a name that does not exist, while another server may answer", async () => {
    const watched = watch([NOWHERE, same[0]]);
    await gather(watched);
    await complete(watched);
    expect(names(watched)).not.toContain("udp-blocked");
  });

  test("after its end", async () => {
    const watched = watch([silent]);
    await gather(watched);
    watched.network.close();
    watched.connection.close();
    await sleep(700);
    expect(watched.found).toEqual([]);
  });
});
