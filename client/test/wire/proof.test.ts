/** Proofs of work, against the same library's other half. */
import { createChallenge, verifySolution } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/web/pbkdf2";
import { afterEach, describe, expect, test, vi } from "vitest";
import { parseChallenge, prove } from "../../src/wire/proof.js";

const SECRET = "a secret of the tests";
const challenge = (cost = 100, keyPrefix = "00") =>
  createChallenge({
    algorithm: "PBKDF2/SHA-256",
    cost,
    keyPrefix,
    deriveKey,
    expiresAt: new Date(Date.now() + 120_000),
    hmacSignatureSecret: SECRET,
  });

afterEach(() => void vi.useRealTimers());

test("a proof holds the challenge as it came, and a solution that verifies", async () => {
  const asked = await challenge();
  const proof = JSON.parse(atob(await prove(asked)));
  expect(Object.keys(proof)).toEqual(["challenge", "solution"]);
  expect(proof.challenge).toEqual(asked);
  const checked = { ...proof, deriveKey, hmacSignatureSecret: SECRET };
  expect((await verifySolution(checked)).verified).toBe(true);
});

describe("what cannot be solved is proof_required", () => {
  const good = {
    algorithm: "PBKDF2/SHA-256",
    nonce: "00ff",
    salt: "00ff",
    cost: 100,
    keyLength: 32,
    keyPrefix: "00",
  };
  test.each([
    ["nothing", undefined],
    ["null", null],
    ["no parameters", {}],
    ["another algorithm", { parameters: { ...good, algorithm: "ARGON2ID" } }],
    ["a cost without bounds", { parameters: { ...good, cost: 1e9 } }],
    ["a cost that is text", { parameters: { ...good, cost: "100" } }],
    ["a prefix that is no hex", { parameters: { ...good, keyPrefix: "zz" } }],
    ["an empty prefix", { parameters: { ...good, keyPrefix: "" } }],
    ["a nonce that is no hex", { parameters: { ...good, nonce: "x" } }],
    ["no salt", { parameters: { ...good, salt: undefined } }],
    ["a key without an end", { parameters: { ...good, keyLength: 1e6 } }],
  ])("%s", async (_, asked) => {
    expect(parseChallenge(asked)).toBeNull();
    await expect(prove(asked)).rejects.toMatchObject({ code: "proof_required" });
  });

  test("while a good one is", () => {
    expect(parseChallenge({ parameters: good })).not.toBeNull();
  });
});

test("one that takes too long is given up after 30 s", async () => {
  const hard = await challenge(100, "00000000000000");
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const given = expect(prove(hard)).rejects.toMatchObject({ code: "proof_required" });
  await vi.advanceTimersByTimeAsync(30_000);
  await given;
});

test("it can be aborted, before and meanwhile", async () => {
  const hard = await challenge(100, "00000000000000");
  const before = prove(hard, AbortSignal.abort());
  await expect(before).rejects.toMatchObject({ code: "aborted" });
  const controller = new AbortController();
  const meanwhile = prove(hard, controller.signal);
  setTimeout(() => controller.abort(), 20);
  await expect(meanwhile).rejects.toMatchObject({ code: "aborted" });
});
