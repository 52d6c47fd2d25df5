import { h, setAttribute, setSentence, setText } from "../base/dom.js";
import { type Call, type Caller, hasPicture, isMute } from "../call/model.js";
import { nameIn, nameOf } from "../words/notes.js";
import { words } from "../words/page.js";
import { avatar } from "./avatar.js";
import { callIcon } from "./call-icons.js";

/** A person's camera and microphone, or their screen with its sound. */
export type Picture = "person" | "screen";

export interface TilePorts {
  /** What a peer sends; the same object as long as it does. */
  streamOf(peer: string, picture: Picture): MediaStream | null;
  /** The browser has refused to play sound. */
  soundRefused(): void;
}

export interface Tile {
  readonly element: HTMLElement;
  update(caller: Caller, call: Call): void;
  /** It goes, and nothing of it is heard any more. */
  end(): void;
}

const TEST_IDS: Readonly<Record<Picture, string>> = {
  person: "call-person",
  screen: "call-shared",
};

/** What one person sends: the picture, or their initial while there is only sound. */
export function tileView(picture: Picture, peer: string, ports: TilePorts): Tile {
  const video = videoOf(picture, peer);
  const face = h("div", { class: "tile-face" });
  const label = labelView(picture);
  const element = h(
    "figure",
    { class: "tile", "data-testid": TEST_IDS[picture], "data-peer": peer },
    ...[video, face, label.element],
  );
  if (picture === "screen" && document.fullscreenEnabled) element.append(wholeScreen(element));
  let name: string | null = null;

  return {
    element,
    update(caller, call) {
      const isSeen = picture === "screen" || hasPicture(caller.sources);
      setAttribute(element, "data-picture", String(isSeen));
      setAttribute(element, "data-name", caller.name);
      setAttribute(element, "data-state", caller.state);
      if (name !== caller.name) face.replaceChildren(avatar(caller.name, peer));
      name = caller.name;
      label.update(caller);
      setAttribute(element, "data-muted", String(isMute(caller.sources)));
      play(video, ports.streamOf(peer, picture), call, ports.soundRefused);
    },
    end() {
      video.srcObject = null;
      element.remove();
    },
  };
}

/** Also for somebody who only speaks: it is what plays the sound. */
const videoOf = (picture: Picture, peer: string): HTMLVideoElement =>
  h("video", {
    class: "tile-video",
    playsinline: true,
    autoplay: true,
    "data-testid": picture === "person" ? "call-video" : "call-shared-video",
    "data-peer": peer,
  });

function play(
  video: HTMLVideoElement,
  stream: MediaStream | null,
  { isSilent, chosen }: Call,
  refused: () => void,
): void {
  const isNew = video.srcObject !== stream;
  const isLouder = video.muted && !isSilent;
  if (isNew) video.srcObject = stream;
  video.muted = isSilent;
  if (chosen.speaker !== undefined) speakFrom(video, chosen.speaker);
  if (!stream || !(isNew || isLouder)) return;
  video.play().catch((error: unknown) => {
    // Another reason is that the stream has changed meanwhile: `autoplay` goes on with that.
    if (error instanceof Error && error.name === "NotAllowedError" && !video.muted) refused();
  });
}

/** Where the browser can: the devices of another kind are not in the list. */
function speakFrom(video: HTMLVideoElement, id: string): void {
  if ("setSinkId" in video && video.sinkId !== id) void video.setSinkId(id).catch(() => {});
}

function labelView(picture: Picture): { element: HTMLElement; update(caller: Caller): void } {
  const name =
    picture === "person" ? h("bdi", { class: "tile-name" }) : h("span", { class: "tile-name" });
  const said = h("span", { class: "hidden" }, words.call.muted);
  const muted = h("span", { class: "tile-muted" }, callIcon("microphone-off"), said);
  return {
    element: h("figcaption", { class: "tile-label" }, muted, name),
    update(caller) {
      muted.hidden = picture === "screen" || !isMute(caller.sources);
      if (picture === "person") setText(name, nameOf(caller.name));
      else setSentence(name, words.call.screenOf(nameIn(caller.name)));
    },
  };
}

function wholeScreen(element: HTMLElement): HTMLElement {
  const button = h(
    "button",
    {
      ...{ type: "button", class: "button icon-only tile-whole" },
      ...{ "aria-label": words.call.wholeScreen, title: words.call.wholeScreen },
    },
    callIcon("larger"),
  );
  button.addEventListener("click", () => {
    const isWhole = document.fullscreenElement === element;
    void (isWhole ? document.exitFullscreen() : element.requestFullscreen()).catch(() => {});
  });
  return button;
}
