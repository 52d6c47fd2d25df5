/**
 * What all programs show, and what a person can do: the same page for each of them, so none of it is
 * counted. Whatever others send is shown as text.
 */

/** What the page asks a program for. */
export interface Program {
  /** To everyone. Resolves when all of them have it, rejects if somebody has not got it. */
  say(text: string): Promise<unknown>;
  /** Camera and microphone to everyone who is there and who comes later. */
  show(): Promise<unknown>;
  /** Where our pointer is, to everyone, in four bytes. An old one need not arrive. */
  point(position: Uint8Array<ArrayBuffer>): void;
  /** To everyone who accepts it. Resolves when it is sent. */
  sendFile(file: File): Promise<unknown>;
}

/** A program: joins the room and tells the view what happens there. */
export type Start = (view: View) => Promise<Program>;

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;

/** A line of a list, found by its key or made. */
function line(list: string, key: string): HTMLElement {
  const known = [...element(list).children].find((one) => (one as HTMLElement).dataset.key === key);
  if (known) return known as HTMLElement;
  const made = document.createElement("li");
  made.dataset.key = key;
  element(list).append(made);
  return made;
}

function button(label: string, action: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.textContent = label;
  made.addEventListener("click", action);
  return made;
}

async function sha256(blob: Blob): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class View {
  /** Whom the program has told of, by id. */
  private readonly names = new Map<string, string>();

  /** `server`: the address that the library needs. */
  constructor(
    readonly room: string,
    readonly name: string,
    readonly server: string,
  ) {}

  /** Somebody is here, or has another name. */
  person(id: string, name: string): void {
    this.names.set(id, name);
    line("people", id).textContent = name;
  }

  gone(id: string): void {
    this.names.delete(id);
    line("people", id).remove();
    this.video(id).remove();
  }

  said(id: string, text: string): void {
    line("texts", crypto.randomUUID()).textContent = `${this.names.get(id)}: ${text}`;
  }

  /** Where the picture and sound of somebody are shown. */
  video(id: string): HTMLVideoElement {
    const known = [...document.querySelectorAll("video")].find((one) => one.dataset.key === id);
    if (known) return known;
    const made = Object.assign(document.createElement("video"), { autoplay: true });
    made.dataset.key = id;
    element("videos").append(made);
    return made;
  }

  pointer(id: string, position: Uint8Array): void {
    line("pointers", id).textContent = `${this.names.get(id)}: ${position.join(" ")}`;
  }

  /** Whether the person takes a file. */
  offer(id: string, name: string, size: number | null): Promise<boolean> {
    const shown = line("files", `${id} ${name}`);
    return new Promise((resolve) => {
      const answer = (accepted: boolean) => {
        shown.textContent = "";
        resolve(accepted);
      };
      shown.replaceChildren(
        `${name} from ${this.names.get(id)}, ${size ?? "?"} bytes `,
        button("Accept", () => answer(true)),
        button("Decline", () => answer(false)),
      );
    });
  }

  /** Of a file from somebody, or to somebody: 0 to 1. */
  progress(id: string, name: string, fraction: number): void {
    const shown = line("files", `${id} ${name}`);
    shown.dataset.progress = `${shown.dataset.progress ?? ""} ${fraction}`;
    if (!shown.dataset.sha256) shown.textContent = `${name}: ${Math.round(fraction * 100)} %`;
  }

  async received(id: string, name: string, file: Blob): Promise<void> {
    const shown = line("files", `${id} ${name}`);
    const link = document.createElement("a");
    Object.assign(link, { href: URL.createObjectURL(file), download: name, textContent: name });
    shown.replaceChildren(link);
    shown.dataset.sha256 = await sha256(file);
  }

  /** What the person does goes to the program. */
  use(program: Program): void {
    const text = element<HTMLInputElement>("text");
    element("say").addEventListener("submit", (event) => {
      event.preventDefault();
      const shown = line("texts", crypto.randomUUID());
      shown.textContent = `${this.name}: ${text.value}`;
      shown.dataset.state = "sending";
      settle(program.say(text.value), shown);
      text.value = "";
    });
    element("show").addEventListener("click", () => settle(program.show(), element("show")));
    element("pad").addEventListener("pointermove", ({ offsetX, offsetY }) => {
      program.point(new Uint8Array(new Uint16Array([offsetX, offsetY]).buffer));
    });
    element<HTMLInputElement>("file").addEventListener("change", ({ target }) => {
      for (const file of (target as HTMLInputElement).files ?? []) {
        settle(program.sendFile(file), element("file"));
      }
    });
    element("inside").hidden = false;
  }
}

/** Shows how it ends. */
function settle(what: Promise<unknown>, shown: HTMLElement): void {
  what.then(
    () => {
      shown.dataset.state = "done";
    },
    (error) => {
      shown.dataset.state = "failed";
      shown.title = String(error);
    },
  );
}
