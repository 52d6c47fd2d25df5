import { createChallenge } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/web/pbkdf2";
import { describe, expect, test, vi } from "vitest";
import { createRoom, HeliographError, join } from "../../src/index.js";
import { Api } from "../../src/wire/api.js";
import type { Report } from "../../src/wire/report.js";

interface Call {
  url: string;
  headers: Headers;
  body: unknown;
}

/** A backend that answers what it is told and keeps what it was asked. */
function backend(...answers: (Response | Error)[]) {
  const calls: Call[] = [];
  const fetcher = async (url: unknown, init: RequestInit = {}) => {
    calls.push({
      url: String(url),
      headers: new Headers(init.headers),
      body: JSON.parse(String(init.body)),
    });
    const answer = answers.shift();
    if (!(answer instanceof Response)) throw answer ?? new TypeError("no answer");
    return answer;
  };
  return { calls, fetch: fetcher as typeof fetch };
}

const json = (status: number, value: unknown, headers = {}) =>
  new Response(JSON.stringify(value), { status, headers });

const ADMISSION = {
  url: "https://service.example/client/?hub=signaling",
  accessToken: "a.b.c",
  room: "r",
  peer: "AAAAAAAAAAAAAAAA",
  role: "guest",
  name: "",
  token: "t.o.k",
  ttl: 1,
  visit: 1,
  admittedAt: 1,
  iceServers: [],
  peers: [],
  capacity: 8,
  locked: false,
};

const ASK = { room: "r", secret: "S".repeat(22), visit: 1 };

const ROOM = {
  room: "~AAECAwQFBgcICQoLDA0ODw",
  hostToken: "h",
  invite: "~BAECAwQFBgcICQoLDA0ODw",
  expiresAt: 1,
  capacity: 2,
  inviteOnly: true,
};

test("a token travels in the body and nothing in the URL", async () => {
  const { calls, fetch } = backend(json(200, ADMISSION));
  await new Api("https://app.example/api/", fetch).negotiate({ ...ASK, name: "Ann" }, "tok");
  expect(calls[0]?.url).toBe("https://app.example/api/negotiate");
  expect(calls[0]?.body).toEqual({ ...ASK, name: "Ann", token: "tok" });
});

test("a refusal keeps its code, status and pause", async () => {
  const { fetch } = backend(
    json(429, { error: { code: "rate_limited", message: "", retryAfter: 2 } }),
  );
  const refused = new Api("/api", fetch).kick("p", "t");
  await expect(refused).rejects.toMatchObject({ code: "rate_limited", status: 429, retryAfter: 2 });
});

test("an error page of something in between is backend_away", async () => {
  const { fetch } = backend(
    new Response("<h1>502</h1>", { status: 502, headers: { "Retry-After": "3" } }),
  );
  const refused = new Api("/api", fetch).leave("t");
  await expect(refused).rejects.toMatchObject({ code: "backend_away", status: 502, retryAfter: 3 });
});

test("no network is backend_away, an answer of another form bad_answer", async () => {
  const { fetch } = backend(new TypeError("Failed to fetch"), json(200, { hello: 1 }));
  const api = new Api("/api", fetch);
  await expect(api.negotiate(ASK)).rejects.toMatchObject({ code: "backend_away" });
  await expect(api.negotiate(ASK)).rejects.toMatchObject({ code: "bad_answer" });
});

test("a call that is aborted before says so and asks nobody", async () => {
  const { calls, fetch } = backend();
  const aborted = new Api("/api", fetch).negotiate(ASK, undefined, AbortSignal.abort());
  await expect(aborted).rejects.toMatchObject({ code: "aborted" });
  expect(calls).toEqual([]);
});

test("negotiate that is aborted meanwhile is waited for: it may give us a seat", async () => {
  const controller = new AbortController();
  const { fetch } = backend(json(200, ADMISSION));
  const call = new Api("/api", fetch).negotiate(ASK, undefined, controller.signal);
  controller.abort();
  expect((await call).token).toBe("t.o.k");
});

test("a room that is aborted meanwhile is not waited for", async () => {
  const controller = new AbortController();
  const never = (_: unknown, init?: RequestInit) =>
    new Promise<Response>((_, reject) => {
      init?.signal?.addEventListener("abort", () => reject(new Error("AbortError")));
    });
  const call = new Api("/api", never as typeof fetch).create({}, controller.signal);
  controller.abort();
  await expect(call).rejects.toMatchObject({ code: "aborted" });
});

test("a room is created with its options", async () => {
  const { calls, fetch } = backend(json(201, ROOM));
  expect(
    await createRoom({ backends: "https://app.example/api", capacity: 2, inviteOnly: true, fetch }),
  ).toEqual(ROOM);
  expect(calls[0]).toMatchObject({
    url: "https://app.example/api/rooms",
    body: { capacity: 2, inviteOnly: true },
  });
});

const challenged = async () => {
  const algorithm = "PBKDF2/SHA-256";
  const challenge = await createChallenge({ algorithm, cost: 10, deriveKey });
  return json(401, { error: { code: "proof_required", message: "", challenge } });
};

test("where a proof is asked for, it is made and the call made again with it", async () => {
  const { calls, fetch } = backend(await challenged(), json(200, ADMISSION));
  const onProof = vi.fn();
  await new Api("/api", fetch, onProof).negotiate(ASK);
  expect(onProof).toHaveBeenCalledTimes(1);
  expect(calls.map(({ body }) => Object.keys(body as object))).toEqual([
    ["room", "secret", "visit"],
    ["room", "secret", "visit", "proof"],
  ]);
});

test("a room's proof is made likewise", async () => {
  const { calls, fetch } = backend(await challenged(), json(201, ROOM));
  expect(
    await createRoom({ backends: "https://app.example/api", turn: "eager", turnSides: 1, fetch }),
  ).toEqual(ROOM);
  expect(calls[1]?.body).toMatchObject({ turn: "eager", turnSides: 1, proof: expect.any(String) });
});

test("a proof is made once: asked for a second one, or refused, the call fails", async () => {
  for (const code of ["proof_required", "bad_proof"]) {
    const again =
      code === "bad_proof" ? json(401, { error: { code, message: "" } }) : await challenged();
    const { calls, fetch } = backend(await challenged(), again);
    const refused = new Api("/api", fetch).negotiate(ASK);
    await expect(refused).rejects.toMatchObject({ code, status: 401 });
    expect(calls).toHaveLength(2);
  }
});

test("a call that is aborted before its proof asks no more", async () => {
  const { calls, fetch } = backend(await challenged());
  const controller = new AbortController();
  const api = new Api("/api", fetch, () => controller.abort());
  const aborted = api.negotiate(ASK, undefined, controller.signal);
  await expect(aborted).rejects.toMatchObject({ code: "aborted" });
  expect(calls).toHaveLength(1);
});

test("a TURN credential is requested by the member's token, within 4 s", async () => {
  const refusal = { iceServers: [], granted: false, level: "normal", reason: "peer" };
  const { calls, fetch } = backend(json(200, refusal), json(200, { granted: true }));
  const api = new Api("/api", fetch);
  expect(await api.turn("AAAAAAAAAAAAAAAA", "tok")).toEqual({ granted: false });
  const body = { to: "AAAAAAAAAAAAAAAA", token: "tok" };
  expect(calls[0]).toMatchObject({ url: "/api/turn", body });
  await expect(api.turn(undefined, "tok")).rejects.toMatchObject({ code: "bad_answer" });
  expect(calls[1]?.body).toEqual({ token: "tok" });
  vi.useFakeTimers();
  const never = (_: unknown, init?: RequestInit) =>
    new Promise<Response>((_, reject) => {
      init?.signal?.addEventListener("abort", () => reject(new Error("AbortError")));
    });
  const late = new Api("/api", never as typeof fetch).turn("AAAAAAAAAAAAAAAA", "tok");
  const away = expect(late).rejects.toMatchObject({ code: "backend_away" });
  await vi.advanceTimersByTimeAsync(4_000);
  await away;
  vi.useRealTimers();
});

describe("a call that the backend only has to take", () => {
  const calls: [string, (api: Api) => Promise<unknown>][] = [
    ["signal", (api) => api.signal({ v: 1, seq: 1, kind: "bye", body: {} }, "t")],
    ["report", (api) => api.report({} as Report, "t")],
    ["kick", (api) => api.kick("p", "t")],
    ["revoke", (api) => api.revoke("i", "t")],
  ];

  test.each(calls)("%s succeeds only with ok", async (_, call) => {
    const { fetch } = backend(json(200, { ok: true }));
    await call(new Api("/api", fetch));
  });

  test.each(calls)("%s fails with the sign-in page of a public network", async (_, call) => {
    for (const page of ["<html>Welcome</html>", "", "null", "{}", '{"ok": "true"}', "[]"]) {
      const { fetch } = backend(new Response(page, { status: 200 }));
      await expect(call(new Api("/api", fetch))).rejects.toMatchObject({ code: "bad_answer" });
    }
  });

  test.each(calls)(
    "%s fails with a refusal that comes with a status of success",
    async (_, call) => {
      const { fetch } = backend(json(200, { ok: false, code: "not_member", message: "No." }));
      await expect(call(new Api("/api", fetch))).rejects.toMatchObject({ code: "not_member" });
    },
  );
});

describe("a call whose answer is used", () => {
  const calls: [string, (api: Api) => Promise<unknown>][] = [
    ["create", (api) => api.create({})],
    ["negotiate", (api) => api.negotiate(ASK)],
    ["turn", (api) => api.turn("AAAAAAAAAAAAAAAA", "t")],
    ["lock", (api) => api.lock(true, "t")],
    ["invite", (api) => api.invite({}, "t")],
  ];

  test.each(calls)("%s is bad_answer without it", async (_, call) => {
    for (const page of ["<html>Welcome</html>", "", "null", "{}", '{"ok": true}', "[]"]) {
      const { fetch } = backend(new Response(page, { status: 200 }));
      await expect(call(new Api("/api", fetch))).rejects.toMatchObject({ code: "bad_answer" });
    }
  });
});

test.each(["leave", "sleep"] as const)(
  "%s needs no answer but a status of success",
  async (name) => {
    const { calls, fetch } = backend(new Response(null, { status: 204 }));
    await new Api("/api", fetch)[name]("tok");
    expect(calls[0]).toMatchObject({ url: `/api/${name}`, body: { token: "tok" } });
  },
);

test("an envelope without a socket goes to /signal as it is", async () => {
  const { calls, fetch } = backend(json(200, { ok: true }));
  const envelope = { v: 1, seq: 7, kind: "text", body: { text: "hi" } } as const;
  await new Api("/api", fetch).signal(envelope, "tok");
  expect(calls[0]).toMatchObject({ url: "/api/signal", body: envelope });
});

test("negotiate says how many ms it took", async () => {
  const { fetch } = backend(json(200, ADMISSION));
  const { tookMs } = await new Api("/api", fetch).negotiate(ASK);
  expect(tookMs).toBeGreaterThanOrEqual(0);
  expect(tookMs).toBeLessThan(5_000);
});

test("the host's calls go to their paths", async () => {
  const { calls, fetch } = backend(
    json(200, { ok: true, orders: "o.r.1" }),
    json(200, { locked: true, orders: "o.r.2" }),
    json(200, { ok: true, orders: "o.r.3" }),
    json(201, { invite: ROOM.invite, expiresAt: 1, uses: 2 }),
  );
  const api = new Api("/api", fetch);
  expect(await api.kick("p", "h")).toEqual({ orders: "o.r.1" });
  expect(await api.lock(true, "h")).toEqual({ locked: true, orders: "o.r.2" });
  expect(await api.revoke("i", "h")).toEqual({ orders: "o.r.3" });
  expect((await api.invite({ uses: 2 }, "h")).uses).toBe(2);
  expect(calls.map(({ url, body }) => [url, body])).toEqual([
    ["/api/rooms/kick", { peer: "p", token: "h" }],
    ["/api/rooms/lock", { locked: true, token: "h" }],
    ["/api/rooms/revoke", { invite: "i", token: "h" }],
    ["/api/rooms/invite", { uses: 2, token: "h" }],
  ]);
});

test("without WebRTC nobody joins", async () => {
  const joined = join({ backends: "/api", room: "r" });
  await expect(joined).rejects.toBeInstanceOf(HeliographError);
  await expect(joined).rejects.toMatchObject({ code: "unsupported" });
});
