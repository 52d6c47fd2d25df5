import { resolve } from "node:path";
import { defineConfig } from "vite";

const client = resolve(import.meta.dirname, "../../client/src/index.ts");

export default defineConfig({
  root: resolve(import.meta.dirname, "page"),
  base: "./",
  resolve: { alias: [{ find: "@heliograph/client", replacement: client }] },
});
