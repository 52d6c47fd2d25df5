/** Connections where the browser refuses one: the table at the head of connection.ts. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { configure, connect } from "../../src/peer/connection.js";
import { Link, type LinkPorts } from "../../src/peer/link.js";
import { installConnections, TestPeerConnection } from "../room/rtc.js";

const GOOD = { urls: "stun:good.example:3478" };
const RELAY = { urls: "turn:relay.example:3478", username: "u", credential: "c" };
const BAD = "turn:x:99999";

let refused: string[];
const told = (url: string) => void refused.push(url);

beforeEach(() => {
  refused = [];
  installConnections();
  TestPeerConnection.refused.add(BAD);
});
afterEach(() => vi.unstubAllGlobals());

const serversOf = (connection: RTCPeerConnection | null) =>
  connection?.getConfiguration().iceServers;

describe("a new connection", () => {
  test("has what the application wants, and all servers, in one try", () => {
    const rtc: RTCConfiguration = { iceServers: [GOOD, RELAY], iceTransportPolicy: "relay" };
    expect(connect(rtc, told)?.getConfiguration()).toEqual(rtc);
    expect([TestPeerConnection.asked, refused]).toEqual([1, []]);
  });

  test("has the servers that the browser takes, in their order, and what belongs to them", () => {
    const iceServers = [{ ...RELAY, urls: [BAD, RELAY.urls, "turns:relay.example"] }, GOOD];
    const connection = connect({ iceServers, iceTransportPolicy: "relay" }, told);
    expect(connection?.getConfiguration()).toEqual({
      iceServers: [RELAY, { ...RELAY, urls: "turns:relay.example" }, GOOD],
      iceTransportPolicy: "relay",
    });
    expect(refused).toEqual([BAD]);
  });

  test("is none if the browser makes none, and nothing is said of the servers", () => {
    TestPeerConnection.limit = 0;
    expect(connect({ iceServers: [GOOD] }, told)).toBeNull();
    expect(refused).toEqual([]);
  });
});

describe("another configuration", () => {
  test("brings the servers that the browser takes", () => {
    const connection = connect({ iceServers: [GOOD] }, told) as RTCPeerConnection;
    configure(connection, { iceServers: [{ urls: BAD }, RELAY] }, told);
    expect(serversOf(connection)).toEqual([RELAY]);
    expect(refused).toEqual([BAD]);
  });

  test("that the browser refuses for another reason changes nothing", () => {
    const connection = connect({ iceServers: [GOOD] }, told) as RTCPeerConnection;
    vi.spyOn(connection, "setConfiguration").mockImplementation(() => {
      throw new DOMException("", "InvalidModificationError");
    });
    configure(connection, { iceServers: [RELAY], bundlePolicy: "max-compat" }, told);
    expect([serversOf(connection), refused]).toEqual([[GOOD], []]);
  });
});

describe("a link without a connection", () => {
  const nothing = () => {};
  const ports: LinkPorts = {
    ...{ needed: nothing, gathered: nothing, stable: nothing, changed: nothing, refused: told },
    ...{ received: nothing, file: nothing, filesChanged: nothing, track: nothing },
  };

  test("is broken, says so to the application, and can be closed", async () => {
    const link = new Link(null, null, ports);
    const { connection } = link;
    expect([link.broken, link.up, link.channel.open]).toEqual([true, false, false]);
    expect([connection.signalingState, connection.getSenders()]).toEqual(["closed", []]);
    expect([...(await connection.getStats())]).toEqual([]);
    expect(() => connection.addTransceiver("video")).toThrow(/closed/);
    expect(connection.createDataChannel("mine").readyState).toBe("closed");
    await expect(link.describe(0)).rejects.toThrow();
    await expect(link.set("offer", "v=0", [])).rejects.toThrow();
    link.configure({ iceServers: [{ urls: BAD }] }, null);
    link.close();
    expect([TestPeerConnection.asked, refused]).toEqual([0, []]);
  });
});
