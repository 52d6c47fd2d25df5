import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

// `npm run dev -w web` serves the page; a backend that runs beside it answers the API.
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const backend = process.env.HELIOGRAPH_BACKEND ?? "http://127.0.0.1:7071";

export const resolve = {
  // The source, so that nobody has to build the package before the page.
  alias: { "@heliograph/client": here("../client/src/index.ts") },
};

/**
 * Browsers load an async script after all that is drawn, and this one asks for the seat. What it
 * imports later has no `modulepreload`: of a connection that has just opened it would take the bytes
 * that the script needs, because not every server sends by priority.
 */
const scriptFirst = (): Plugin => ({
  name: "heliograph:script-first",
  transformIndexHtml: {
    order: "post",
    handler: (html) => html.replace('<script async type="module"', '$& fetchpriority="high"'),
  },
});

/**
 * What Vite puts around an import that is loaded later, in a third of its size (`web/test/budget.test.ts`).
 * A style sheet that is there already is not added again: it would go before those that came after it.
 */
const PRELOAD = `
const add = (href) => new Promise((onload, onerror) => {
  const rel = href.endsWith(".css") ? "stylesheet" : "modulepreload";
  document.head.append(Object.assign(document.createElement("link"), { rel, href, onload, onerror }));
  if (rel !== "stylesheet") onload();
});
const isThere = (href) => [...document.styleSheets].some((one) => one.href === href);
export const __vitePreload = (load, files = [], from) =>
  Promise.all(
    files.map((file) => new URL(file, from).href).filter((href) => !isThere(href)).map(add),
  ).then(load);
`;

const smallPreload = (): Plugin => ({
  name: "heliograph:small-preload",
  enforce: "pre",
  load: (id) => (id === "\0vite/preload-helper.js" ? PRELOAD : null),
});

/**
 * Two pages, each built alone (`--mode stats` is the statistics page): a file that both share would
 * be one more to load before either can begin.
 */
export default defineConfig(({ mode }) => ({
  base: "./", // the page works under any path
  plugins: [scriptFirst(), smallPreload()],
  resolve,
  // SignalR would use it in Node only; without this the first script has a shim of 400 bytes for it.
  define: { require: "undefined" },
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // no `data:` addresses, which the Content Security Policy forbids
    modulePreload: { polyfill: false },
    emptyOutDir: mode !== "stats",
    // Of what is built in: each page has its own, and the SDK is ours.
    license: { fileName: `THIRD-PARTY-${mode === "stats" ? "stats" : "room"}.txt` },
    rolldownOptions: { input: here(mode === "stats" ? "stats/index.html" : "index.html") },
  },
  server: { proxy: { "/api": { target: backend, ws: true } } },
}));
