/** One call: what goes out, and what comes of every kind of answer. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { HeliographError } from "../../src/errors.js";
import { type Call, Http } from "../../src/wire/http.js";
import { ProofRequired } from "../../src/wire/refusal.js";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

interface Sent {
  url: string;
  init: RequestInit;
}

/** Answers each call with the next of these; an error is thrown as fetch does. */
function http(...answers: (Response | Error | Promise<Response>)[]) {
  const sent: Sent[] = [];
  const fetcher = async (url: unknown, init: RequestInit = {}) => {
    sent.push({ url: String(url), init });
    const answer = await answers.shift();
    if (!(answer instanceof Response)) throw answer ?? new TypeError("no answer");
    return answer;
  };
  return { sent, it: new Http("/api", fetcher as typeof fetch) };
}

/** A fetch that never answers, but observes its signal as the real one does. */
function silent(): typeof fetch {
  return ((_: unknown, init?: RequestInit) =>
    new Promise((_, reject) => {
      const abort = () => reject(new DOMException("The operation was aborted.", "AbortError"));
      if (init?.signal?.aborted) abort();
      init?.signal?.addEventListener("abort", abort);
    })) as typeof fetch;
}

/** An answer whose headers are here and whose body never ends; it observes the signal of its call. */
function withEndlessBody(): typeof fetch {
  return (async (_: unknown, init?: RequestInit) => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"ok":'));
        init?.signal?.addEventListener("abort", () => controller.error(new Error("aborted")));
      },
    });
    return new Response(body, { status: 200 });
  }) as typeof fetch;
}

const json = (status: number, value: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(value), { status, headers });
const errorOf = async (call: Promise<unknown>) => {
  const error = await call.then(
    () => null,
    (e: unknown) => e,
  );
  if (!(error instanceof HeliographError)) throw new Error(`no HeliographError: ${error}`);
  return error;
};

describe("what is sent", () => {
  test("is a POST of JSON to the path under the base", async () => {
    const { sent, it } = http(json(200, {}));
    await it.post("/negotiate", { room: "r", name: undefined });
    expect(sent[0]).toMatchObject({ url: "/api/negotiate", init: { method: "POST" } });
    expect(sent[0]?.init.body).toBe('{"room":"r"}');
  });

  test.each(["https://app.example/api", "https://app.example/api/", "https://app.example/api//"])(
    "goes to one address, whether the base is %s",
    async (base) => {
      expect(new Http(base, silent()).base).toBe("https://app.example/api");
    },
  );

  test("carries the token in its body, and nothing in the URL", async () => {
    const { sent, it } = http(json(200, {}));
    await it.post("/turn", { to: "p" }, { token: "t.o.k" });
    expect(sent[0]?.url).toBe("/api/turn");
    expect(sent[0]?.init.body).toBe('{"to":"p","token":"t.o.k"}');
  });

  test.each([{}, { token: "t.o.k" }, { keepalive: true }])(
    "with %j has nothing for which a browser makes a CORS preflight",
    async (call) => {
      const { sent, it } = http(json(200, {}));
      await it.post("/rooms", {}, call);
      const { method, headers, body } = new Request("http://x/", sent[0]?.init);
      expect([method, [...headers]]).toEqual([
        "POST",
        [["content-type", "text/plain;charset=UTF-8"]],
      ]);
      expect([sent[0]?.init.keepalive, body === null]).toEqual([call.keepalive ?? false, false]);
    },
  );

  test("uses the global fetch by default", async () => {
    vi.stubGlobal("fetch", async () => json(200, { hello: 1 }));
    expect(await new Http("/api").post("/x", {})).toEqual({ hello: 1 });
  });
});

describe("an answer of success", () => {
  test("is its JSON", async () => {
    const { it } = http(json(201, { a: [1, null] }));
    expect(await it.post("/x", {})).toEqual({ a: [1, null] });
  });

  test.each([
    ["has no body", new Response(null, { status: 204 })],
    ["is the sign-in page of a network", new Response("<html>", { status: 200 })],
    ["is cut off", new Response('{"ok": tr', { status: 200 })],
  ])("is null if it %s", async (_, response) => {
    const { it } = http(response);
    expect(await it.post("/x", {})).toBeNull();
  });
});

describe("a refusal of the backend", () => {
  test("keeps code, message, status and the seconds to wait", async () => {
    const body = { error: { code: "rate_limited", message: "Slower.", retryAfter: 2 } };
    const { it } = http(json(429, body, { "Retry-After": "9" }));
    const { code, message, status, retryAfter } = await errorOf(it.post("/x", {}));
    expect([code, message, status, retryAfter]).toEqual(["rate_limited", "Slower.", 429, 2]);
  });

  test("takes the seconds from the header if the body names none", async () => {
    const { it } = http(json(503, { error: { code: "busy" } }, { "Retry-After": "9" }));
    expect(await errorOf(it.post("/x", {}))).toMatchObject({ code: "busy", retryAfter: 9 });
  });

  test.each([
    ["a date", "Wed, 25 Nov 2026 12:00:00 GMT"],
    ["nonsense", "soon"],
    ["negative", "-1"],
    ["a week", "604800"],
    ["nothing", ""],
  ])("has no seconds to wait if the header is %s", async (_, value) => {
    const { it } = http(json(503, { error: { code: "busy" } }, { "Retry-After": value }));
    expect((await errorOf(it.post("/x", {}))).retryAfter).toBeUndefined();
  });

  test.each([null, true, [3], {}, "", " "])(
    "has no seconds to wait if the body says %j",
    async (retryAfter) => {
      const { it } = http(json(503, { error: { code: "busy", retryAfter } }));
      expect((await errorOf(it.post("/x", {}))).retryAfter).toBeUndefined();
    },
  );

  test("of a newer backend keeps a code that we do not know", async () => {
    const { it } = http(json(418, { error: { code: "teapot", message: 5 } }));
    expect(await errorOf(it.post("/x", {}))).toMatchObject({ code: "teapot", message: "" });
  });

  test("that asks for a proof of work carries its challenge", async () => {
    const challenge = { parameters: {} };
    const { it } = http(json(401, { error: { code: "proof_required", challenge } }));
    const error = await errorOf(it.post("/x", {}));
    expect(error).toBeInstanceOf(ProofRequired);
    expect((error as ProofRequired).challenge).toEqual(challenge);
  });
});

describe("an error of something in between is backend_away", () => {
  test.each([
    [502, "<h1>Bad Gateway</h1>", 502],
    [404, "not found", 404],
    [500, "", 500],
    [503, '{"error": "a text"}', 503],
    [503, '{"error": {"code": 7}}', 503],
    [403, "[]", 403],
    [400, "null", 400],
  ])("%i with %j", async (status, body) => {
    const { it } = http(new Response(body, { status, headers: { "Retry-After": "3" } }));
    const error = await errorOf(it.post("/x", {}));
    expect(error).toMatchObject({ code: "backend_away", status, retryAfter: 3 });
    expect(error.message).not.toContain("<");
  });
});

describe("no answer", () => {
  test("is backend_away without a status if the network fails", async () => {
    const { it } = http(new TypeError("Failed to fetch"));
    const error = await errorOf(it.post("/x", {}));
    expect([error.code, error.status]).toEqual(["backend_away", undefined]);
    expect(error.message).not.toContain("Failed to fetch");
  });

  test.each<[string, Call, number]>([
    ["10 s", {}, 10_000],
    ["the call's own timeout", { timeoutMs: 4_000 }, 4_000],
  ])("is backend_away after %s", async (_, call, ms) => {
    vi.useFakeTimers();
    const ended = vi.fn();
    const error = errorOf(new Http("/api", silent()).post("/x", {}, call)).finally(ended);
    await vi.advanceTimersByTimeAsync(ms - 1);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect((await error).code).toBe("backend_away");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("includes a body that does not come to its end in time", async () => {
    vi.useFakeTimers();
    const error = errorOf(new Http("/api", withEndlessBody()).post("/x", {}));
    await vi.advanceTimersByTimeAsync(10_000);
    expect((await error).code).toBe("backend_away");
  });

  test("leaves no timer behind when one comes", async () => {
    vi.useFakeTimers();
    const { it } = http(json(200, {}));
    await it.post("/x", {});
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("an aborted call", () => {
  test("says so and sends nothing if it was aborted before", async () => {
    const { sent, it } = http();
    const error = await errorOf(it.post("/x", {}, { signal: AbortSignal.abort() }));
    expect([error.code, sent.length]).toEqual(["aborted", 0]);
  });

  test("says so if it is aborted while it waits for an answer", async () => {
    const controller = new AbortController();
    const call = errorOf(new Http("/api", silent()).post("/x", {}, { signal: controller.signal }));
    controller.abort();
    expect((await call).code).toBe("aborted");
  });

  test("says so if it is aborted while the body comes", async () => {
    const controller = new AbortController();
    const http = new Http("/api", withEndlessBody());
    const call = errorOf(http.post("/x", {}, { signal: controller.signal }));
    await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort();
    expect((await call).code).toBe("aborted");
  });

  test("does not undo a refusal that has come already", async () => {
    const controller = new AbortController();
    const { it } = http(json(403, { error: { code: "kicked" } }));
    const call = errorOf(it.post("/x", {}, { signal: controller.signal }));
    expect((await call).code).toBe("kicked");
    controller.abort();
  });
});

describe("a connection", () => {
  const HOW = { mode: "no-cors", credentials: "omit", cache: "no-store" };

  test.each(["https://app.example/api", "https://app.example/"])(
    "to %s is opened by the root, and without anything for which a browser asks first",
    async (base) => {
      const sent: [string, RequestInit][] = [];
      const fetcher = async (url: string, init: RequestInit) => {
        sent.push([url, init]);
        return new Response(null, { status: 204 });
      };
      await new Http(base, fetcher as typeof fetch).connect();
      expect(sent).toMatchObject([["https://app.example/", HOW]]);
      expect(sent[0]?.[1].method ?? "GET").toBe("GET");
    },
  );

  test("to the origin of the page is there already", async () => {
    vi.stubGlobal("location", { href: "https://app.example/room?x#y" });
    const fetcher = vi.fn();
    await new Http("/api", fetcher).connect();
    await new Http("https://app.example/api", fetcher).connect();
    expect(fetcher).not.toHaveBeenCalled();
    await new Http("https://api.example/api", fetcher).connect();
    expect(fetcher).toHaveBeenCalledTimes(1);
  });

  test("that cannot be opened is no error", async () => {
    const away = () => Promise.reject(new TypeError("Failed to fetch"));
    await expect(new Http("https://app.example/api", away).connect()).resolves.toBeUndefined();
  });
});

describe("a beacon", () => {
  test("is kept alive, and JSON as text, which needs no CORS preflight", async () => {
    const { it, sent } = http(new Error("the page is gone"));
    it.beacon("/leave", { token: "t" });
    const init = { method: "POST", body: '{"token":"t"}', keepalive: true };
    expect(sent).toMatchObject([{ url: "/api/leave", init }]);
    expect(sent[0]?.init.headers).toBeUndefined();
    await new Promise((resolve) => setTimeout(resolve, 5)); // that it fails harms nobody
  });

  test("is one of the browser's where a fetch ends with the page, or none", () => {
    vi.stubGlobal("Request", class {});
    const told: unknown[] = [];
    vi.stubGlobal("navigator", { sendBeacon: (...call: string[]) => told.push(call) });
    const { it, sent } = http();
    it.beacon("/leave", { token: "t" });
    expect([told, sent]).toEqual([[["/api/leave", '{"token":"t"}']], []]);
    vi.stubGlobal("navigator", {});
    expect(() => it.beacon("/leave", {})).not.toThrow();
  });
});
