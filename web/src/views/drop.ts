import { h } from "../base/dom.js";
import { icon } from "../base/icons.js";
import { ofInput, ofTransfer, type WithPath } from "../base/picked.js";
import { words } from "../words/page.js";

type Send = (files: readonly WithPath[]) => void;

/** The button that opens the browser's choice of files, and the field behind it. */
export function pickButton(
  send: Send,
  look: { readonly class: string; readonly words?: string } = { class: "button icon-only" },
): HTMLElement {
  const input = h("input", {
    type: "file",
    multiple: true,
    hidden: true,
    "aria-label": words.files.send,
    "data-testid": "file-input",
  });
  const button = h(
    "button",
    {
      ...{ type: "button", class: look.class },
      ...{ "aria-label": words.files.send, title: words.files.send },
      "data-testid": "send-files",
    },
    ...[icon("clip"), look.words ?? ""],
  );
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    const files = ofInput(input);
    input.value = ""; // so that the same file can be chosen again
    if (files.length > 0) send(files);
  });
  return h("span", { class: "pick" }, button, input);
}

/** Files can be dropped anywhere on `place`, or pasted. The answer lies over it while they are dragged. */
export function dropZone(place: HTMLElement, send: Send): HTMLElement {
  const element = h(
    "div",
    { class: "drop", hidden: true },
    icon("file"),
    h("p", {}, words.files.drop),
  );
  let depth = 0; // of the elements that the pointer has entered
  const show = (by: number) => {
    depth = Math.max(0, depth + by);
    element.hidden = depth === 0;
  };
  place.addEventListener("dragenter", (event) => {
    if (hasFiles(event)) show(1);
  });
  place.addEventListener("dragleave", (event) => {
    if (hasFiles(event)) show(-1);
  });
  place.addEventListener("dragover", (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  place.addEventListener("drop", (event) => {
    show(-depth);
    if (!hasFiles(event) || !event.dataTransfer) return;
    event.preventDefault();
    void ofTransfer(event.dataTransfer).then(send);
  });
  onPaste(place, send);
  return element;
}

/** Outside of `place` too: nothing has the focus after a click beside the fields. */
function onPaste(place: HTMLElement, send: Send): void {
  const paste = (event: ClipboardEvent): void => {
    const data = event.clipboardData;
    if (!place.isConnected) document.removeEventListener("paste", paste);
    if (!place.isConnected || !data || data.files.length === 0) return;
    event.preventDefault();
    void ofTransfer(data).then(send);
  };
  document.addEventListener("paste", paste);
}

const hasFiles = ({ dataTransfer }: DragEvent): boolean =>
  dataTransfer?.types.includes("Files") ?? false;
