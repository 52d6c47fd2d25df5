import { expect, it } from "vitest";
import { partsOf } from "../../src/words/links.js";

const urls = (text: string): string[] => partsOf(text).flatMap(({ url }) => (url ? [url] : []));

it.each([
  ["see https://example.com/a?b=c#d now", ["https://example.com/a?b=c#d"]],
  ["http://a.example https://b.example/", ["http://a.example/", "https://b.example/"]],
  ["HTTPS://EXAMPLE.COM", ["https://example.com/"]],
  ["Is it https://example.com/x?", ["https://example.com/x"]],
  ["(https://example.com/x).", ["https://example.com/x"]],
  ["https://en.example/Foo_(bar)", ["https://en.example/Foo_(bar)"]],
  ["[https://example.com/[1]]", ["https://example.com/[1]"]],
  ["“https://example.com”", ["https://example.com/"]],
  ["<https://example.com>", ["https://example.com/"]],
  ["https://münchen.example/ü", ["https://xn--mnchen-3ya.example/%C3%BC"]],
  ["https://[::1]:8080/a", ["https://[::1]:8080/a"]],
  ["https://a.example/\u202egpj.exe", ["https://a.example/"]],
  ["\u2067https://a.example/x\u2069", ["https://a.example/x"]],
  // None.
  ["javascript:alert(1)", []],
  ["ftp://example.com data:text/html,x", []],
  ["https://", []],
  ["https://bank.example@evil.example/", []],
  ["example.com", []],
  ["", []],
])("%j → %j", (text, found) => {
  expect(urls(text)).toEqual(found);
  expect(
    partsOf(text)
      .map((part) => part.text)
      .join(""),
  ).toBe(text);
});
