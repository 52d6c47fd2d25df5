/** Components under React's StrictMode: what a hook has answered, and how it is used again. */
import { createElement, StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";

export interface Mounted<A, P> {
  /** What the hook has answered at last. */
  readonly now: A;
  /** All of it, in order; StrictMode renders everything twice. */
  readonly all: readonly A[];
  /** Renders it with other properties. */
  render(properties: P): void;
  unmount(): void;
}

const mounted = new Set<Root>();

/** All that is mounted, as at the end of a test. */
export function unmountAll(): void {
  for (const root of mounted) root.unmount();
  mounted.clear();
}

/** Mounts a component that uses `hook`. Resolves when it was rendered. */
export async function mount<A, P>(hook: (properties: P) => A, first: P): Promise<Mounted<A, P>> {
  const all: A[] = [];
  const Probe = ({ properties }: { properties: P }) => {
    all.push(hook(properties));
    return null;
  };
  const root = createRoot(document.createElement("div"));
  const render = (properties: P) =>
    root.render(createElement(StrictMode, null, createElement(Probe, { properties })));
  mounted.add(root);
  render(first);
  while (all.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  return {
    all,
    render,
    unmount: () => root.unmount(),
    get now() {
      return all.at(-1) as A;
    },
  };
}
