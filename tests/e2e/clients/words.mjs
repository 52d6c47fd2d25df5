// The words of the page in each language, as JSON: what stands for a value is ◆.
import { fileURLToPath } from "node:url";
import { createServer } from "vite";

const root = fileURLToPath(new URL("../../../web/", import.meta.url));
const server = await createServer({
  root,
  appType: "custom",
  logLevel: "silent",
  optimizeDeps: { noDiscovery: true },
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
});
const { ENGLISH, GERMAN } = await server.ssrLoadModule("/test/words/texts.ts");
console.log(JSON.stringify({ english: [...ENGLISH.values()], german: [...GERMAN.values()] }));
await server.close();
