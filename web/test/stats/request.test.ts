import { expect, it } from "vitest";
import { ask } from "../../src/stats/answer/request.js";
import { example } from "./example.js";

const QUESTION = { backend: "https://h.example/api/", days: 7 };

const answering =
  (body: unknown, init: ResponseInit = {}): typeof fetch =>
  async () =>
    new Response(body === null ? null : JSON.stringify(body), init);

/** Answers the example, and keeps what was asked. */
function asked(): { requests: Request[]; fetch: typeof fetch } {
  const requests: Request[] = [];
  return {
    requests,
    fetch: async (input, init) => {
      requests.push(new Request(input, init));
      return new Response(JSON.stringify(example()), { headers: { etag: '"b"' } });
    },
  };
}

it("asks for the range, with the tag of what it has, and without cookies", async () => {
  const { requests, fetch } = asked();
  const reply = await ask({ ...QUESTION, etag: '"a"', fetch });
  expect(requests[0]?.url).toBe("https://h.example/api/stats?days=7");
  expect(requests[0]?.headers.get("if-none-match")).toBe('"a"');
  expect(requests[0]?.credentials).toBe("omit");
  expect(reply).toMatchObject({ type: "answer", etag: '"b"', answer: example() });
});

it.each([undefined, null, ""])("asks without a tag when it has %j", async (etag) => {
  const { requests, fetch } = asked();
  await ask({ ...QUESTION, ...(etag === undefined ? {} : { etag }), fetch });
  expect(requests[0]?.headers.has("if-none-match")).toBe(false);
});

it("knows that nothing is new", async () => {
  const reply = await ask({ ...QUESTION, fetch: answering(null, { status: 304 }) });
  expect(reply).toEqual({ type: "same", readAt: null });
});

it.each([
  ["Tue, 09 Mar 2027 14:30:00 GMT", Date.UTC(2027, 2, 9, 14, 30)],
  ["yesterday", null],
])("reads when the backend read the figures: %s", async (said, readAt) => {
  const headers = { "last-modified": said };
  const same = await ask({ ...QUESTION, fetch: answering(null, { status: 304, headers }) });
  expect(same).toEqual({ type: "same", readAt });
  const whole = await ask({ ...QUESTION, fetch: answering(example(), { headers }) });
  expect(whole).toMatchObject({ type: "answer", readAt });
});

it("has no tag for an answer without one", async () => {
  const reply = await ask({ ...QUESTION, fetch: answering(example()) });
  expect(reply).toMatchObject({ type: "answer", etag: null });
});

it.each([
  ["an error", answering({ error: {} }, { status: 503 })],
  ["junk", answering({ hello: 1 })],
  ["a page", async () => new Response("<!doctype html>")],
  ["no network", () => Promise.reject(new TypeError("Failed to fetch"))],
] as const)("is away for %s", async (_, get) => {
  expect(await ask({ ...QUESTION, fetch: get as typeof fetch })).toEqual({ type: "away" });
});

it("ends when nobody waits for it any more", async () => {
  const nobody = new AbortController();
  const never: typeof fetch = (_, init) =>
    new Promise((_resolve, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    });
  const reply = ask({ ...QUESTION, signal: nobody.signal, fetch: never });
  nobody.abort();
  expect(await reply).toEqual({ type: "away" });
});
