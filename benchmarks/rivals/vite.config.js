import { resolve } from "node:path";
import { defineConfig } from "vite";

const client = resolve(import.meta.dirname, "../../client/src/index.ts");
const bundled = resolve(import.meta.dirname, "node_modules/simple-peer/simplepeer.min.js");

export default defineConfig({
  root: import.meta.dirname,
  resolve: {
    alias: [
      { find: "@heliograph/client", replacement: client },
      // The bundle for browsers, which y-webrtc uses too: the package's main file expects Node.
      { find: /^simple-peer$/, replacement: bundled },
    ],
  },
  build: { chunkSizeWarningLimit: 2_000 },
});
