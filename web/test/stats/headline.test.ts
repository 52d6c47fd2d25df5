import { expect, it } from "vitest";
import { createFormat } from "../../src/stats/model/format.js";
import { FIGURES, figuresOf, relayedShare } from "../../src/stats/model/headline.js";
import { ENGLISH, example, few, summaryOf } from "./example.js";

it("says the figures in the reader's words", () => {
  const figures = figuresOf(summaryOf(example()), 7, ENGLISH);
  expect(figures.map(({ value }) => value)).toEqual([
    "1,234",
    "96.1%",
    "412\u00a0ms",
    "14%",
    "€0.14",
  ]);
  expect(figures[0]?.note).toBe("2,500 people · 40,000 calls and 81,000 people in all");
  expect(figures[2]?.note).toBe("95 of 100 within 1.6\u00a0s, in 7 days");
});

it("says of which day the calls are, where today is not shown yet", () => {
  const latest = { day: "2027-03-08", calls: 90, peers: null };
  const [calls, success] = figuresOf(summaryOf(example(7, { latest })), 7, ENGLISH);
  expect(calls).toMatchObject({ label: expect.stringMatching(/^Calls on .*8.*2027/), value: "90" });
  expect(calls?.note).toBe("40,000 calls and 81,000 people in all");
  expect(success?.label).toBe("Calls that connected");
});

it("writes numbers as the reader's locale does", () => {
  const german = figuresOf(summaryOf(example()), 7, createFormat("de-DE", "UTC"));
  expect(german.map(({ value }) => value.replaceAll("\u00a0", " "))).toEqual([
    "1.234",
    "96,1 %",
    "412 ms",
    "14 %",
    "0,14 €",
  ]);
});

it("says of what is withheld that it is, and shows no zero for it", () => {
  const figures = figuresOf(summaryOf(few()), 7, ENGLISH);
  expect(figures.every(({ known }) => !known)).toBe(true);
  expect(figures[0]?.value).toBe("Too few to show");
  expect(figures[4]?.value).toBe("Not known");
});

it("knows the relayed share only if no merged group can hide a relay", () => {
  const of = (candidateTypes: object[]): number | null =>
    relayedShare(summaryOf(example(7, { candidateTypes })));
  expect(of([{ candidateType: "srflx", share: 1 }])).toBe(0);
  expect(
    of([
      { candidateType: "srflx", share: 0.9 },
      { candidateType: "other", share: 0.1 },
    ]),
  ).toBeNull();
  expect(of([])).toBeNull();
});

it("has a figure for each place of the page, in its order", () => {
  const ids = figuresOf(summaryOf(example()), 30, ENGLISH).map(({ id }) => id);
  expect(ids).toEqual([...FIGURES]);
});

it("names the range that a figure is of, and what it leaves out", () => {
  const notes = figuresOf(summaryOf(example()), 365, ENGLISH).map(({ note }) => note);
  expect(notes[1]).toBe("of all, in 1 year");
  expect(notes[3]).toBe("42 GB through relays in 1 year");
  const unknown = figuresOf(summaryOf(few()), 365, ENGLISH).map(({ note }) => note);
  expect(unknown).toEqual(["", "of all, in 1 year", "in 1 year", "in 1 year", ""]);
});

it("adds up the relays of all transports, to all calls at most", () => {
  const relays = [0.7, 0.4].map((share) => ({ candidateType: "relay", share }));
  expect(relayedShare(summaryOf(example(7, { candidateTypes: relays })))).toBe(1);
});

it("says that there are too few calls for a cost, where prices are known", () => {
  const cost = { per1000: null, currency: "EUR" };
  const figures = figuresOf(summaryOf(example(7, { cost })), 7, ENGLISH);
  expect(figures[4]).toMatchObject({ value: "Too few to show", known: false });
});
