import { afterEach, describe, expect, it } from "vitest";
import { copyText } from "../../src/base/clipboard.js";
import { configOf } from "../../src/base/config.js";
import { h, s, setAttribute, setText } from "../../src/base/dom.js";
import { type IconName, icon } from "../../src/base/icons.js";
import { illustration } from "../../src/base/illustration.js";
import { nextTask } from "../../src/base/next-task.js";
import { canShare, shareLink } from "../../src/base/share.js";

describe("making elements", () => {
  it("takes text for text, never for markup", () => {
    const element = h("p", {}, "<img src=x onerror=alert(1)>");
    expect(element.children).toHaveLength(0);
    expect(element.textContent).toBe("<img src=x onerror=alert(1)>");
  });

  it("leaves out attributes that are false or undefined, and sets true ones empty", () => {
    const element = h("input", { id: "a", required: true, hidden: false, title: undefined });
    expect(element.outerHTML).toBe('<input id="a" required="">');
  });

  it("puts children in order, elements and text", () => {
    expect(h("p", {}, "a", h("b", {}, "b"), "c").innerHTML).toBe("a<b>b</b>c");
  });

  it("makes drawings in the namespace of SVG, so that they are drawn", () => {
    expect(s("path", { d: "M0 0h1" })).toBeInstanceOf(SVGPathElement);
  });
});

describe("changing elements", () => {
  /** How often the element changed while `change` ran. */
  async function changes(element: Element, change: () => void): Promise<number> {
    let count = 0;
    const observer = new MutationObserver((records) => {
      count += records.length;
    });
    observer.observe(element, { attributes: true, childList: true, subtree: true });
    change();
    await nextTask();
    observer.disconnect();
    return count;
  }

  it("writes text that differs, and leaves the same text alone", async () => {
    const element = h("p", {}, "a");
    expect(await changes(element, () => setText(element, "a"))).toBe(0);
    expect(await changes(element, () => setText(element, "b"))).toBeGreaterThan(0);
    expect(element.textContent).toBe("b");
  });

  it("sets an attribute that differs, and leaves the same one alone", async () => {
    const element = h("p", { title: "a" });
    expect(await changes(element, () => setAttribute(element, "title", "a"))).toBe(0);
    setAttribute(element, "title", "b");
    expect(element.title).toBe("b");
    setAttribute(element, "title", false);
    expect(element.hasAttribute("title")).toBe(false);
  });
});

describe("drawings", () => {
  const NAMES: readonly IconName[] = ["copy", "lock", "unlock", "alert", "direct", "server"];

  it.each(NAMES)("the icon %s draws something, and says nothing to screen readers", (name) => {
    const drawing = icon(name);
    document.body.replaceChildren(drawing);
    expect(drawing.querySelector("path")?.getTotalLength()).toBeGreaterThan(10);
    expect(drawing.getAttribute("aria-hidden")).toBe("true");
  });

  it("the illustration flashes HI in Morse code between the two hills", () => {
    const flashes = [...illustration().querySelectorAll(".art-flash")];
    expect(flashes.map((one) => one.getAttribute("class"))).toEqual(
      [0, 1, 2, 3, 5, 6].map((at) => `art-flash flash-${at}`),
    );
  });
});

describe("copying", () => {
  const clipboard = Object.getOwnPropertyDescriptor(Navigator.prototype, "clipboard");
  afterEach(() => {
    if (clipboard) Object.defineProperty(Navigator.prototype, "clipboard", clipboard);
  });
  const setClipboard = (writeText: (text: string) => Promise<void>): void => {
    Object.defineProperty(Navigator.prototype, "clipboard", {
      configurable: true,
      get: () => ({ writeText }),
    });
  };

  it("puts the text into the clipboard and leaves the focus alone", async () => {
    const field = h("input", { value: "link" });
    document.body.replaceChildren(field);
    const written: string[] = [];
    setClipboard(async (text) => void written.push(text));
    expect(await copyText("link", field)).toBe(true);
    expect(written).toEqual(["link"]);
    expect(document.activeElement).not.toBe(field);
  });

  it("marks the text for the user where the clipboard is closed to the page", async () => {
    const field = h("input", { value: "link" });
    document.body.replaceChildren(field);
    setClipboard(() => Promise.reject(new DOMException("denied", "NotAllowedError")));
    await copyText("link", field);
    expect(document.activeElement).toBe(field);
    expect([field.selectionStart, field.selectionEnd]).toEqual([0, 4]);
  });
});

describe("sharing", () => {
  afterEach(() => void Reflect.deleteProperty(navigator, "share"));
  const setShare = (share: (data: ShareData) => Promise<void>): void => {
    Object.defineProperty(navigator, "share", { configurable: true, value: share });
  };

  it("hands the link to the browser's dialog", async () => {
    const shared: ShareData[] = [];
    setShare(async (data) => void shared.push(data));
    expect(canShare()).toBe(true);
    await shareLink("https://meet.example/?room=R");
    expect(shared).toEqual([{ title: "Heliograph", url: "https://meet.example/?room=R" }]);
  });

  it("is no error when the user closes the dialog", async () => {
    setShare(() => Promise.reject(new DOMException("closed", "AbortError")));
    await expect(shareLink("https://meet.example/")).resolves.toBeUndefined();
  });
});

it("finds the backends in the HTML, and its own origin where there are none", () => {
  const page = new DOMParser().parseFromString(
    `<script type="application/json" id="config">{"backends": ["https://a.example/api"]}</script>`,
    "text/html",
  );
  expect(configOf(page)).toEqual({ backends: ["https://a.example/api"] });
  page.querySelector("#config")?.remove();
  expect(configOf(page)).toEqual({ backends: ["/api"] });
});
