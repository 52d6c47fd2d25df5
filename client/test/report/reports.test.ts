/** When reports are sent, how often, and by which way. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HeliographError } from "../../src/errors.js";
import type { ConnectionRecorder } from "../../src/report/recorder.js";
import { Reports } from "../../src/report/reports.js";
import type { Report } from "../../src/wire/report.js";
import { installPage } from "../room/fake-page.js";

let page: EventTarget;

beforeEach(() => {
  vi.useFakeTimers();
  page = installPage();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Collects what is sent; `refusals` are what the next calls fail with. */
function collect(...refusals: unknown[]) {
  const [sent, beacons]: [Report[], Report[]] = [[], []];
  const send = async (report: Report) => {
    sent.push(report);
    if (refusals.length > 0) throw refusals.shift();
  };
  const reports = new Reports({ send, beacon: (report) => beacons.push(report) }, () => 0);
  return { reports, sent, beacons };
}

const recorderOf = (reports: Reports, met = "proof"): ConnectionRecorder =>
  reports.createRecorder({
    first: true,
    met: () => met,
    turn: () => "none",
    servers: () => [],
    peerGone: () => false,
  });
const hide = (persisted: boolean) =>
  page.dispatchEvent(Object.assign(new Event("pagehide"), { persisted }));
const away = () => new HeliographError("backend_away", "");

describe("a connection that ends", () => {
  test("is reported once", async () => {
    const { reports, sent } = collect();
    const recorder = recorderOf(reports);
    await reports.end(recorder, Promise.resolve());
    await reports.end(recorder, Promise.resolve());
    expect(sent).toHaveLength(1);
  });

  test("is reported after its last read", async () => {
    const { reports, sent } = collect();
    let finish = () => {};
    const read = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const ended = reports.end(recorderOf(reports), read);
    await vi.advanceTimersByTimeAsync(100);
    expect(sent).toEqual([]);
    finish();
    await ended;
    expect(sent).toHaveLength(1);
  });

  test("brings the proof that its peers have met, and without one nothing is sent", async () => {
    const { reports, sent, beacons } = collect();
    await reports.end(recorderOf(reports, "of Bob"), Promise.resolve());
    await reports.end(recorderOf(reports, ""), Promise.resolve());
    recorderOf(reports, "");
    hide(false);
    expect([...sent, ...beacons].map(({ met }) => met)).toEqual(["of Bob"]);
  });

  test("is not reported if reports are not wanted, and the page is not listened to", async () => {
    const listen = vi.fn();
    vi.stubGlobal("addEventListener", listen);
    const reports = new Reports(null);
    await reports.end(recorderOf(reports), Promise.resolve());
    expect(listen).not.toHaveBeenCalled();
  });
});

describe("a report that is refused", () => {
  test("is sent once more, 3 to 6 s later, with the same proof", async () => {
    const { reports, sent } = collect(away());
    const ended = reports.end(recorderOf(reports), Promise.resolve());
    await vi.advanceTimersByTimeAsync(2_999);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    await ended;
    expect(sent).toHaveLength(2);
    expect(sent[0]?.age).toBe(0);
    expect(sent[1]).toEqual({ ...sent[0], age: 3_000 });
  });

  test("is sent later if the backend asks for it", async () => {
    const busy = new HeliographError("busy", "", { retryAfter: 10 });
    const { reports, sent } = collect(busy);
    void reports.end(recorderOf(reports), Promise.resolve());
    await vi.advanceTimersByTimeAsync(12_999);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(sent).toHaveLength(2);
  });

  test("twice is given up in silence", async () => {
    const { reports, sent } = collect(away(), away(), away());
    const ended = reports.end(recorderOf(reports), Promise.resolve());
    await vi.advanceTimersByTimeAsync(60_000);
    await expect(ended).resolves.toBeUndefined();
    expect(sent).toHaveLength(2);
  });

  test.each([new HeliographError("bad_token", ""), new TypeError("a bug")])(
    "for good, by %s, is not sent again",
    async (refusal) => {
      const { reports, sent } = collect(refusal);
      await reports.end(recorderOf(reports), Promise.resolve());
      await vi.advanceTimersByTimeAsync(60_000);
      expect(sent).toHaveLength(1);
    },
  );
});

describe("a page that goes away", () => {
  test("reports every open connection by beacon, and none of them again", async () => {
    const { reports, sent, beacons } = collect();
    const recorders = [recorderOf(reports), recorderOf(reports)];
    await vi.dynamicImportSettled(); // what makes a report comes after the seat
    hide(false);
    expect(beacons).toHaveLength(2);
    hide(false);
    for (const recorder of recorders) await reports.end(recorder, Promise.resolve());
    expect([beacons.length, sent.length]).toEqual([2, 0]);
  });

  test("sends by beacon, with the same id, what nobody has answered", async () => {
    const { reports, sent, beacons } = collect(away());
    void reports.end(recorderOf(reports), Promise.resolve());
    await vi.advanceTimersByTimeAsync(1_000); // it failed, and would be sent again 2 s later
    hide(false);
    hide(false);
    expect(sent).toHaveLength(1);
    expect(beacons).toEqual([{ ...sent[0], age: 1_000 }]);
  });

  test("does not report what has been reported", async () => {
    const { reports, sent, beacons } = collect();
    await reports.end(recorderOf(reports), Promise.resolve());
    recorderOf(reports);
    hide(false);
    expect([sent.length, beacons.length]).toEqual([1, 1]);
  });

  test("into the back/forward cache reports nothing yet", async () => {
    const { reports, sent, beacons } = collect();
    const recorder = recorderOf(reports);
    hide(true);
    expect(beacons).toEqual([]);
    await reports.end(recorder, Promise.resolve());
    expect(sent).toHaveLength(1);
  });

  test("is listened to only while a connection is open", async () => {
    const stop = vi.fn(page.removeEventListener.bind(page));
    vi.stubGlobal("removeEventListener", stop);
    const { reports } = collect();
    const [one, two] = [recorderOf(reports), recorderOf(reports)];
    await reports.end(one, Promise.resolve());
    expect(stop).not.toHaveBeenCalled();
    await reports.end(two, Promise.resolve());
    expect(stop).toHaveBeenCalledTimes(1);
  });

  test("is listened to for as long as a report is not answered", async () => {
    const { reports, beacons } = collect(away());
    void reports.end(recorderOf(reports), Promise.resolve());
    await reports.end(recorderOf(reports), Promise.resolve());
    hide(false);
    expect(beacons).toHaveLength(1);
  });
});
