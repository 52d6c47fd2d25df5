import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HeliographError } from "../../src/errors.js";
import { renewalTime, TurnCredential, toGrant } from "../../src/turn/credential.js";
import type { TurnAnswer } from "../../src/wire/protocol.js";
import { CLOCKS } from "../clocks.js";

const START = 1_795_290_000_000;
beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => void vi.useRealTimers());

const TURN = { urls: "turn:turn.example.org", username: "u", credential: "c" };
const STUN = { urls: ["stun:stun.example.org"] };
const grant = (seconds = 600): TurnAnswer => ({
  granted: true,
  iceServers: [STUN, TURN],
  ttl: seconds,
});
const refusal: TurnAnswer = { granted: false };

describe("a TURN credential", () => {
  function credential(...answers: (TurnAnswer | Error)[]) {
    const times: number[] = [];
    const it = new TurnCredential(async () => {
      times.push(Date.now() - START);
      const answer = answers.shift() ?? grant();
      if (answer instanceof Error) throw answer;
      return answer;
    });
    return { it, times };
  }

  test("asked twice at once it is fetched once, and good until it expires", async () => {
    const { it, times } = credential();
    const [one, two] = await Promise.all([it.request(), it.request()]);
    expect(one).toBe(two);
    expect(one?.iceServers).toContainEqual(TURN);
    expect(times).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(61_000);
    expect([it.grant, it.fresh]).toEqual([one, null]);
    await vi.advanceTimersByTimeAsync(540_000);
    expect(it.grant).toBeNull();
  });

  test("a refusal is not questioned for 30 s", async () => {
    const { it, times } = credential(refusal);
    expect(await it.request()).toBeNull();
    await vi.advanceTimersByTimeAsync(29_000);
    expect(await it.request()).toBeNull();
    expect(times).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await it.request()).not.toBeNull();
  });

  test.each(["rate_limited", "unavailable", "backend_away"])(
    "%s is asked again, at most twice, after the pause it names",
    async (code) => {
      const error = new HeliographError(code, "", { status: 503, retryAfter: 2 });
      const { it, times } = credential(error, error, error);
      const asked = it.request();
      await vi.advanceTimersByTimeAsync(20_000);
      expect(await asked).toBeNull();
      expect(times).toHaveLength(3);
      expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(2_000);
      expect(await it.request()).toBeNull();
    },
  );

  test.each([
    new HeliographError("not_member", ""),
    new HeliographError("rate_limited", "", { retryAfter: 60 }),
    new TypeError("a bug"),
  ])("%s is a refusal", async (error) => {
    const { it, times } = credential(error);
    expect(await it.request()).toBeNull();
    expect(times).toHaveLength(1);
  });

  test("in use it is renewed at about 80 % of its life, again and again", async () => {
    const { it, times } = credential();
    await it.request();
    const renewed = vi.fn();
    it.renewInTime(renewed);
    await vi.advanceTimersByTimeAsync(467_000);
    expect(times).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(26_000);
    expect(times).toHaveLength(2);
    expect(renewed).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(493_000);
    expect(renewed).toHaveBeenCalledTimes(2);
    it.stopRenewal();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(renewed).toHaveBeenCalledTimes(2);
  });

  test.each(CLOCKS)("in use, with a clock %s, it is renewed as with a right one", async (_, ms) => {
    vi.setSystemTime(START + ms);
    const { it, times } = credential();
    await it.request();
    it.renewInTime(() => {});
    await vi.advanceTimersByTimeAsync(2 * 493_000);
    expect(times).toHaveLength(3);
    it.close();
  });

  test.each(CLOCKS)("set %s while it is held, the clock changes nothing", async (_, ms) => {
    const { it, times } = credential(grant(), refusal);
    const held = await it.request();
    it.renewInTime(() => {});
    await vi.advanceTimersByTimeAsync(30_000);
    vi.setSystemTime(START + ms);
    expect([it.grant, it.fresh]).toEqual([held, held]);
    await vi.advanceTimersByTimeAsync(465_000);
    expect([times.length, it.fresh]).toEqual([2, null]);
    vi.setSystemTime(START - ms);
    await vi.advanceTimersByTimeAsync(40_000); // the refusal holds for 30 s and not for hours
    expect(times).toHaveLength(3);
    it.close();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(it.grant).toBeNull();
  });

  test("it counts from when we asked, not from the answer", async () => {
    vi.advanceTimersByTime(10_000);
    const it = new TurnCredential(async () => {
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      return grant();
    });
    const requested = it.request();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await requested).toMatchObject({ since: 10_000, until: 610_000 });
  });

  test("a renewal that is refused is tried again while there is time", async () => {
    const { it, times } = credential(grant(), refusal);
    await it.request();
    const renewed = vi.fn();
    it.renewInTime(renewed);
    await vi.advanceTimersByTimeAsync(495_000);
    expect([times.length, renewed.mock.calls.length]).toEqual([2, 0]);
    await vi.advanceTimersByTimeAsync(40_000);
    expect([times.length, renewed.mock.calls.length]).toEqual([3, 1]);
    it.close();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(times).toHaveLength(3);
  });

  test("a short life leaves 45 s, and hardly any no hurry", () => {
    const due = (seconds: number) =>
      (renewalTime(toGrant([], seconds, 5_000), () => 0.5) - 5_000) / 1_000;
    expect([600, 240, 120, 0, 3_600].map(due)).toEqual([480, 192, 75, 75, 2_880]);
    expect(due(200)).toBe(155);
    expect(due(1e9)).toBe(69_120);
  });

  test("before any request it has neither a grant nor a status", () => {
    const { it } = credential();
    expect([it.grant, it.fresh, it.status]).toEqual([null, null, "none"]);
  });

  test("says in its status what came of requests", async () => {
    const { it } = credential(refusal, grant());
    await it.request();
    expect(it.status).toBe("refused");
    await vi.advanceTimersByTimeAsync(30_000);
    await it.request();
    expect(it.status).toBe("granted");
    await vi.advanceTimersByTimeAsync(700_000);
    expect([it.grant, it.status]).toEqual([null, "granted"]);
  });

  test("adopts the grant of a parked offer only if it is newer than its own", async () => {
    const { it } = credential();
    const older = toGrant([STUN], 600, performance.now());
    it.adopt(null);
    expect(it.grant).toBeNull();
    it.adopt(older);
    expect(it.grant).toBe(older);
    it.adopt(toGrant([STUN], 600, older.since));
    expect(it.grant).toBe(older);
    await vi.advanceTimersByTimeAsync(1_000);
    const own = await it.request();
    it.adopt(older);
    expect(it.grant).toBe(own);
  });

  test("requests nothing after it is closed", async () => {
    const { it, times } = credential();
    it.close();
    expect(await it.request()).toBeNull();
    expect([times.length, it.status]).toEqual([0, "none"]);
  });

  test("that is closed during the wait for another try ends at once", async () => {
    const error = new HeliographError("busy", "", { retryAfter: 4 });
    const { it, times } = credential(error);
    const requested = it.request();
    await vi.advanceTimersByTimeAsync(1_000);
    it.close();
    expect(await requested).toBeNull();
    expect([times.length, it.status, vi.getTimerCount()]).toEqual([1, "none", 0]);
  });

  test("requests again after a request that has ended", async () => {
    const { it, times } = credential();
    const first = await it.request();
    await vi.advanceTimersByTimeAsync(1);
    const second = await it.request();
    expect([times.length, first === second]).toEqual([2, false]);
    expect(it.grant).toBe(second);
  });

  test("has one renewal, however often it is started", async () => {
    const { it, times } = credential();
    await it.request();
    const renewed = vi.fn();
    for (let n = 0; n < 5; n += 1) it.renewInTime(renewed);
    await vi.advanceTimersByTimeAsync(495_000);
    expect([times.length, renewed.mock.calls.length]).toEqual([2, 1]);
    it.close();
  });

  test("without a grant requests one at once when it has to be renewed", async () => {
    const { it, times } = credential();
    it.renewInTime(() => {});
    await vi.advanceTimersByTimeAsync(0);
    expect(times).toHaveLength(1);
    it.close();
  });
});
