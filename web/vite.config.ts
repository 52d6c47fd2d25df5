import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

// `npm run dev -w web` serves the page; a backend that runs beside it answers the API.
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const backend = process.env.HELIOGRAPH_BACKEND ?? "http://127.0.0.1:7071";

export default defineConfig({
  base: "./", // the page works under any path
  resolve: {
    alias: {
      // The source, so that nobody has to build the package before the page.
      "@heliograph/client": here("../client/src/index.ts"),
    },
  },
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // no `data:` addresses, which the Content Security Policy forbids
    modulePreload: { polyfill: false },
    // Two pages: the room page loads nothing of the statistics page.
    rolldownOptions: { input: [here("index.html"), here("stats/index.html")] },
  },
  server: { proxy: { "/api": { target: backend, ws: true } } },
});
