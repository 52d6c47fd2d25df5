import { fileURLToPath } from "node:url";
import { defineConfig, type HtmlTagDescriptor, type Plugin } from "vite";

// `npm run dev -w web` serves the page; a backend that runs beside it answers the API.
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const backend = process.env.HELIOGRAPH_BACKEND ?? "http://127.0.0.1:7071";

export const resolve = {
  // The source, so that nobody has to build the package before the page.
  alias: { "@heliograph/client": here("../client/src/index.ts") },
};

/**
 * What the room page imports when it has asked for a seat, and the priority with which the browser
 * loads it before that (Fetch Priority). What is not here is loaded when it is needed.
 */
const SOON = {
  "web/src/views/page.ts": "auto",
  "@microsoft/signalr/": "low", // no socket opens before there is a seat
} as const;

/** Lets a browser load these at the same time as the script that imports them. */
const loadSoon = (): Plugin => ({
  name: "heliograph:load-soon",
  transformIndexHtml: {
    order: "post",
    handler(html, { path, bundle }) {
      if (path !== "/index.html" || !bundle) return html;
      const chunks = Object.values(bundle).filter((one) => one.type === "chunk");
      const tags = Object.entries(SOON).map(([part, fetchpriority]): HtmlTagDescriptor => {
        const found = chunks.find(({ moduleIds }) => moduleIds.some((id) => id.includes(part)));
        if (!found || found.isEntry) throw new Error(`${part} has no chunk of its own`);
        const attrs = { rel: "modulepreload", crossorigin: true, fetchpriority };
        return { tag: "link", attrs: { ...attrs, href: `./${found.fileName}` }, injectTo: "head" };
      });
      // An async script would come after all that is drawn, and this one asks for the seat.
      const first = html.replace('<script async type="module"', '$& fetchpriority="high"');
      if (first === html) throw new Error("index.html has no async script");
      return { html: first, tags };
    },
  },
});

/**
 * Two pages, each built alone (`--mode stats` is the statistics page): a file that both share would
 * be one more to load before either can begin.
 */
export default defineConfig(({ mode }) => ({
  base: "./", // the page works under any path
  plugins: [loadSoon()],
  resolve,
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // no `data:` addresses, which the Content Security Policy forbids
    modulePreload: { polyfill: false },
    emptyOutDir: mode !== "stats",
    rolldownOptions: { input: here(mode === "stats" ? "stats/index.html" : "index.html") },
  },
  server: { proxy: { "/api": { target: backend, ws: true } } },
}));
