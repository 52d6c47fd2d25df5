import { resolve } from "node:path";
import { defineConfig } from "vite";

const client = resolve(import.meta.dirname, "../../../client/src/index.ts");

export default defineConfig({
  root: import.meta.dirname,
  resolve: { alias: { "@heliograph/client": client } },
  build: { target: "es2022", chunkSizeWarningLimit: 2_000 },
});
