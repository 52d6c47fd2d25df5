import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

// `npm run dev -w web` answers the page; the API comes from a backend running beside it.
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const backend = process.env.HELIOGRAPH_BACKEND ?? "http://127.0.0.1:7071";

export default defineConfig({
  base: "./", // the page works under any path
  resolve: {
    alias: {
      // The source, so that the page builds without building the package first.
      "@heliograph/client": here("../client/src/index.ts"),
    },
  },
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // no data: addresses, so that the strictest CSP holds
    modulePreload: { polyfill: false },
    // Two pages: nothing of the statistics is loaded by who only wants to talk.
    rolldownOptions: { input: [here("index.html"), here("stats/index.html")] },
  },
  server: { proxy: { "/api": { target: backend, ws: true } } },
});
