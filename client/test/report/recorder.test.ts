/** What is recorded of a connection, on a virtual clock. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ConnectionRecorder, type RecorderPorts } from "../../src/report/recorder.js";
import { toReport } from "../../src/report/report.js";
import { CLOCKS } from "../clocks.js";
import { fits } from "../fits.js";
import { statsWith, TestConnection } from "./connection.js";

const START = 1_795_290_000_000;

beforeEach(() => {
  vi.useFakeTimers({ now: START });
  vi.stubGlobal("navigator", { userAgent: "Mozilla/5.0 Gecko/20100101 Firefox/140.0" });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function record(ports: Partial<RecorderPorts> = {}) {
  const recorder = new ConnectionRecorder({
    first: true,
    met: () => "proof",
    turn: () => "none",
    servers: () => [],
    peerGone: () => false,
    ...ports,
  });
  const connection = new TestConnection();
  recorder.follow(connection.asRecorded);
  return { recorder, connection };
}

const reportOf = (recorder: ConnectionRecorder) =>
  toReport(recorder.observed(), navigator, performance.now());

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** Brings a connection up as a browser does: descriptions, ICE, DTLS, then the channel. */
async function bringUp(recorder: ConnectionRecorder, connection: TestConnection): Promise<void> {
  recorder.mark("described");
  await pass(80);
  recorder.mark("set");
  await pass(40);
  connection.setIce("connected");
  await pass(20);
  connection.setDtls("connected");
  await pass(10);
  connection.connectionState = "connected";
  recorder.changed(true);
}

describe("a connection that comes up", () => {
  test("is reported with its phases, which add up", async () => {
    const { recorder, connection } = record({ admitMs: 31 });
    await bringUp(recorder, connection);
    await pass(5_000);
    recorder.end();
    const report = reportOf(recorder);
    expect(report).toMatchObject({
      outcome: "connected",
      side: "first",
      phases: { admit: 31, signal: 80, ice: 40, dtls: 20, open: 10 },
      duration: 5,
      media: ["data"],
      retries: 0,
      turn: "none",
      browser: "firefox",
      age: 0,
    });
    expect(fits(report)).toBe(true);
  });

  test("of the polite side is the second report, without a negotiate call of its own", async () => {
    const { recorder, connection } = record({ first: false });
    await bringUp(recorder, connection);
    expect(reportOf(recorder)).toMatchObject({ side: "second" });
    expect(reportOf(recorder).phases).not.toHaveProperty("admit");
  });

  test("counts only the time in which it worked", async () => {
    const { recorder, connection } = record();
    await bringUp(recorder, connection);
    await pass(2_000);
    connection.connectionState = "disconnected";
    recorder.changed(false);
    await pass(7_000);
    connection.connectionState = "connected";
    recorder.changed(true);
    await pass(1_000);
    expect(reportOf(recorder).duration).toBe(3);
  });

  test("keeps its outcome and its end, whatever comes after", async () => {
    const { recorder, connection } = record();
    await bringUp(recorder, connection);
    recorder.end();
    const before = reportOf(recorder);
    await pass(60_000);
    connection.connectionState = "failed";
    recorder.changed(false);
    recorder.end();
    expect(reportOf(recorder)).toEqual({ ...before, age: 60_000 });
  });
});

test.each(CLOCKS)(
  "the age is right although the clock is set %s before it is sent",
  async (_, ms) => {
    const { recorder, connection } = record();
    await bringUp(recorder, connection);
    recorder.end();
    await pass(1_000);
    vi.setSystemTime(START + ms);
    await pass(3_000);
    expect(reportOf(recorder)).toMatchObject({ age: 4_000, duration: 0 });
  },
);

describe("bytes and path", () => {
  test("are read after 5, 15, 35 and then every 30 s", async () => {
    const { recorder, connection } = record();
    await bringUp(recorder, connection);
    const times: number[] = [];
    for (let seconds = 1; seconds <= 100; seconds += 1) {
      const before = connection.statsRead;
      await pass(1_000);
      if (connection.statsRead > before) times.push(seconds);
    }
    expect(times).toEqual([5, 15, 35, 65, 95]);
    recorder.end();
    await pass(100_000);
    expect(connection.statsRead).toBe(5);
  });

  test("are those of the last read", async () => {
    const { recorder, connection } = record();
    await bringUp(recorder, connection);
    connection.stats = statsWith(10, 20);
    await recorder.read();
    connection.stats = statsWith(1_000, 2_000);
    await recorder.read();
    expect(reportOf(recorder)).toMatchObject({
      bytesUp: 1_000,
      bytesDown: 2_000,
      candidateType: "srflx",
      transport: "udp",
    });
  });

  test("never go down, and an empty read changes nothing", async () => {
    const { recorder, connection } = record();
    await bringUp(recorder, connection);
    for (const stats of [statsWith(1_000, 2_000), statsWith(10, 20), []]) {
      connection.stats = stats;
      await recorder.read();
    }
    expect(reportOf(recorder)).toMatchObject({ bytesUp: 1_000, candidateType: "srflx" });
  });

  test("add up over replaced connections, each of which counts as a retry", async () => {
    const { recorder, connection } = record();
    await bringUp(recorder, connection);
    connection.stats = statsWith(100, 200);
    await recorder.read();
    const second = new TestConnection();
    recorder.follow(second.asRecorded);
    second.stats = statsWith(7, 8);
    await recorder.read();
    expect(reportOf(recorder)).toMatchObject({ bytesUp: 107, bytesDown: 208, retries: 1 });
  });

  test("are not waited for longer than 250 ms", async () => {
    const { recorder, connection } = record();
    await bringUp(recorder, connection);
    connection.gate = new Promise(() => {});
    const read = vi.fn();
    void recorder.read().then(read);
    await pass(249);
    expect(read).not.toHaveBeenCalled();
    await pass(1);
    expect(read).toHaveBeenCalled();
  });

  test("are left out if the browser refuses to tell them", async () => {
    const { recorder, connection } = record();
    await bringUp(recorder, connection);
    connection.gate = Promise.reject(new Error("closed"));
    await expect(recorder.read()).resolves.toBeUndefined();
    expect(reportOf(recorder)).toMatchObject({ outcome: "connected", bytesUp: 0 });
  });

  test("are not read before ICE has found a path", async () => {
    const { recorder, connection } = record();
    await recorder.read();
    expect(connection.statsRead).toBe(0);
  });

  test("through our TURN server say that it was used; that it was granted alone does not", async () => {
    const servers = [{ urls: "stun:x" }, { urls: "turn:x", granted: "proof" }];
    const { recorder, connection } = record({ turn: () => "granted", servers: () => servers });
    await bringUp(recorder, connection);
    expect(reportOf(recorder).turn).toBe("granted");
    expect(reportOf(recorder)).not.toHaveProperty("granted");
    connection.stats = statsWith(1, 1, { candidateType: "relay", relayProtocol: "tls" });
    await recorder.read();
    expect(reportOf(recorder)).toMatchObject({
      turn: "used",
      granted: "proof",
      candidateType: "relay",
      transport: "tls",
    });
  });

  test("through a relay that no stamp has granted say nothing of one: it is nobody's cost", async () => {
    const { recorder, connection } = record({ servers: () => [{ urls: "turn:own.example.org" }] });
    await bringUp(recorder, connection);
    connection.stats = statsWith(1, 1, { candidateType: "relay" });
    await recorder.read();
    expect(reportOf(recorder)).toMatchObject({ turn: "none", candidateType: "relay" });
  });
});

describe("media", () => {
  test("count if they flow in any direction, also if they end before the report", async () => {
    const { recorder, connection } = record();
    await bringUp(recorder, connection);
    connection.addMedia("video", "recvonly");
    connection.addMedia("audio", "sendrecv");
    await recorder.read();
    recorder.follow(new TestConnection().asRecorded);
    expect(reportOf(recorder).media).toEqual(["data", "audio", "video"]);
  });

  test.each([null, "inactive", "stopped"])("with the direction %s do not count", async (none) => {
    const { recorder, connection } = record();
    await bringUp(recorder, connection);
    connection.addMedia("audio", none);
    recorder.end();
    expect(reportOf(recorder).media).toEqual(["data"]);
  });

  test("of a connection that never came up are told without data", async () => {
    const { recorder, connection } = record();
    connection.addMedia("audio", "sendonly");
    recorder.end();
    expect(reportOf(recorder).media).toEqual(["audio"]);
  });
});

describe("a connection that does not come up", () => {
  test("has left early if it was not given 10 s", async () => {
    const { recorder } = record();
    await pass(9_999);
    expect(reportOf(recorder).outcome).toBe("left-early");
    await pass(1);
    expect(reportOf(recorder).outcome).toBe("failed-signaling");
  });

  test("has left early if the peer was gone before", async () => {
    const { recorder } = record({ peerGone: () => true });
    await pass(60_000);
    expect(reportOf(recorder).outcome).toBe("left-early");
  });

  test("has failed in ICE as soon as the browser says so", async () => {
    const { recorder, connection } = record();
    recorder.mark("described");
    recorder.mark("set");
    connection.connectionState = "failed";
    recorder.changed(false);
    expect(reportOf(recorder)).toMatchObject({ outcome: "failed-ice", duration: 0 });
  });

  test("has failed in DTLS if ICE had found a path", async () => {
    const { recorder, connection } = record();
    recorder.mark("described");
    recorder.mark("set");
    connection.setIce("completed");
    await pass(10_000);
    const report = reportOf(recorder);
    expect([report.outcome, Object.keys(report.phases)]).toEqual([
      "failed-dtls",
      ["signal", "ice"],
    ]);
  });

  test("keeps no timer, also if it comes up after the end", () => {
    const { recorder, connection } = record();
    expect(vi.getTimerCount()).toBe(0);
    recorder.end();
    connection.connectionState = "connected";
    recorder.changed(true);
    expect(vi.getTimerCount()).toBe(0);
    expect(reportOf(recorder).outcome).toBe("left-early");
  });
});

describe("retries", () => {
  test("count from the first description on", () => {
    const { recorder } = record();
    recorder.retried();
    expect(reportOf(recorder).retries).toBe(0);
    recorder.mark("described");
    recorder.retried();
    recorder.retried();
    expect(reportOf(recorder).retries).toBe(2);
  });

  test("do not include a connection that is replaced before anything was said", () => {
    const { recorder } = record();
    recorder.follow(new TestConnection().asRecorded);
    expect(reportOf(recorder).retries).toBe(0);
  });
});
