import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { askAny, NEXT_AFTER_MS } from "../../src/stats/answer/any.js";
import type { Reply } from "../../src/stats/answer/request.js";
import { Answer } from "../edge/answer.js";
import { example } from "./example.js";

const A = "https://a.example/api";
const B = "https://b.example/api";
const C = "https://c.example/api";

/** Servers of which a test decides when and what they answer. As `fetch` does, an abort rejects. */
class Servers {
  readonly asked: Request[] = [];
  private readonly answers: Answer<Response>[] = [];

  readonly fetch: typeof fetch = (input, init) => {
    const answer = new Answer<Response>();
    const request = new Request(input, init);
    request.signal.addEventListener("abort", () => answer.reject(request.signal.reason));
    this.asked.push(request);
    this.answers.push(answer);
    return answer.promise;
  };

  get hosts(): string[] {
    return this.asked.map(({ url }) => new URL(url).host.slice(0, 1));
  }

  async answer(which: number, response: Response): Promise<void> {
    this.answers[which]?.resolve(response);
    await vi.advanceTimersByTimeAsync(0);
  }

  async refuse(which: number): Promise<void> {
    this.answers[which]?.reject(new TypeError("Failed to fetch"));
    await vi.advanceTimersByTimeAsync(0);
  }
}

const figures = (etag: string): Response =>
  new Response(JSON.stringify(example()), { headers: { etag } });
const broken = (): Response => new Response("", { status: 503 });

function asking(
  backends: readonly string[],
  signal?: AbortSignal,
): { servers: Servers; reply: Promise<Reply> } {
  const servers = new Servers();
  const question = { backends, days: 7, etag: '"old"', fetch: servers.fetch };
  return { servers, reply: askAny(signal ? { ...question, signal } : question) };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("asking several backends", () => {
  it("is asking the first one, where that answers", async () => {
    const { servers, reply } = asking([A, B]);
    await servers.answer(0, figures('"a"'));
    expect(await reply).toMatchObject({ type: "answer", etag: '"a"' });
    await vi.advanceTimersByTimeAsync(10 * NEXT_AFTER_MS);
    expect(servers.hosts).toEqual(["a"]);
  });

  it("asks the next one at once when one is away, with the same tag", async () => {
    const { servers, reply } = asking([A, B]);
    await servers.refuse(0);
    expect(servers.hosts).toEqual(["a", "b"]);
    expect(servers.asked[1]?.headers.get("if-none-match")).toBe('"old"');
    await servers.answer(1, new Response(null, { status: 304 }));
    expect(await reply).toMatchObject({ type: "same" });
  });

  it("asks the next one after two seconds of silence, and takes whoever is first", async () => {
    const { servers, reply } = asking([A, B]);
    await vi.advanceTimersByTimeAsync(NEXT_AFTER_MS - 1);
    expect(servers.hosts).toEqual(["a"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(servers.hosts).toEqual(["a", "b"]);
    await servers.answer(0, figures('"late"'));
    expect(await reply).toMatchObject({ type: "answer", etag: '"late"' });
    expect(servers.asked[1]?.signal.aborted).toBe(true);
  });

  it("waits for one that is silent when another one is away", async () => {
    const { servers, reply } = asking([A, B]);
    await vi.advanceTimersByTimeAsync(NEXT_AFTER_MS);
    await servers.answer(1, broken());
    await servers.answer(0, figures('"a"'));
    expect(await reply).toMatchObject({ type: "answer", etag: '"a"' });
  });

  it("is away when all are, refused or broken", async () => {
    const { servers, reply } = asking([A, B, C]);
    await servers.refuse(0);
    await servers.answer(1, broken());
    expect(servers.hosts).toEqual(["a", "b", "c"]);
    await servers.refuse(2);
    expect(await reply).toEqual({ type: "away" });
  });

  it("is away without any backend", async () => {
    expect(await asking([]).reply).toEqual({ type: "away" });
  });

  it("asks nobody more when nobody waits for it any more", async () => {
    const nobody = new AbortController();
    const { servers, reply } = asking([A, B], nobody.signal);
    nobody.abort();
    expect(await reply).toEqual({ type: "away" });
    await vi.advanceTimersByTimeAsync(10 * NEXT_AFTER_MS);
    expect(servers.hosts).toEqual(["a"]);
  });
});
