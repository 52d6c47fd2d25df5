import { expect, test } from "vitest";
import { Api } from "../src/api.js";
import { createRoom, HeliographError, join } from "../src/index.js";

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
  expiresAt: 1,
  iceServers: [],
  peers: [],
  capacity: 8,
  locked: false,
};

test("a token travels in the header and nothing in the URL", async () => {
  const { calls, fetch } = backend(json(200, ADMISSION));
  await new Api("https://app.example/api/", fetch).negotiate({ room: "r", name: "Ann" }, "tok");
  expect(calls[0]?.url).toBe("https://app.example/api/negotiate");
  expect(calls[0]?.headers.get("Authorization")).toBe("Bearer tok");
  expect(calls[0]?.body).toEqual({ room: "r", name: "Ann" });
});

test("a refusal keeps its code, status and pause", async () => {
  const { fetch } = backend(
    json(429, { error: { code: "rate_limited", message: "", retryAfter: 2 } }),
  );
  const refused = new Api("/api", fetch).kick("r", "p", "t");
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
  await expect(api.negotiate({})).rejects.toMatchObject({ code: "backend_away" });
  await expect(api.negotiate({})).rejects.toMatchObject({ code: "bad_answer" });
});

test("a call that is aborted before says so and asks nobody", async () => {
  const { calls, fetch } = backend();
  const aborted = new Api("/api", fetch).negotiate({}, undefined, AbortSignal.abort());
  await expect(aborted).rejects.toMatchObject({ code: "aborted" });
  expect(calls).toEqual([]);
});

test("a call that is aborted meanwhile says so", async () => {
  const controller = new AbortController();
  const never = (_: unknown, init?: RequestInit) =>
    new Promise<Response>((_, reject) => {
      init?.signal?.addEventListener("abort", () => reject(new Error("AbortError")));
    });
  const call = new Api("/api", never as typeof fetch).negotiate({}, "t", controller.signal);
  controller.abort();
  await expect(call).rejects.toMatchObject({ code: "aborted" });
});

test("a room is created with its options", async () => {
  const room = {
    room: "r",
    hostToken: "h",
    invite: "i",
    expiresAt: 1,
    capacity: 2,
    inviteOnly: true,
  };
  const { calls, fetch } = backend(json(201, room));
  expect(await createRoom({ backend: "/api", capacity: 2, inviteOnly: true, fetch })).toEqual(room);
  expect(calls[0]).toMatchObject({ url: "/api/rooms", body: { capacity: 2, inviteOnly: true } });
});

test("the host's calls go to their paths", async () => {
  const { calls, fetch } = backend(
    json(200, { ok: true }),
    json(200, { locked: true }),
    json(201, { invite: "i", expiresAt: 1, uses: 2 }),
  );
  const api = new Api("/api", fetch);
  await api.kick("r", "p", "h");
  await api.lock("r", true, "h");
  expect((await api.invite("r", { uses: 2 }, "h")).uses).toBe(2);
  expect(calls.map(({ url, body }) => [url, body])).toEqual([
    ["/api/rooms/r/kick", { peer: "p" }],
    ["/api/rooms/r/lock", { locked: true }],
    ["/api/rooms/r/invite", { uses: 2 }],
  ]);
});

test("without WebRTC nobody joins", async () => {
  const joined = join({ backend: "/api", room: "r" });
  await expect(joined).rejects.toBeInstanceOf(HeliographError);
  await expect(joined).rejects.toMatchObject({ code: "unsupported" });
});
