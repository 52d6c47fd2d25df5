import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

// `npm run dev -w web` answers the page; the API comes from a backend running beside it.
const backend = process.env.HELIOGRAPH_BACKEND ?? "http://127.0.0.1:7071";

export default defineConfig({
  base: "./", // the page works under any path
  resolve: {
    alias: {
      // The source, so that the page builds without building the package first.
      "@heliograph/client": fileURLToPath(new URL("../client/src/index.ts", import.meta.url)),
    },
  },
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // no data: addresses, so that the strictest CSP holds
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": { target: backend, ws: true } } },
});
