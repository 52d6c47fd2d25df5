/**
 * HTTP/2 over TLS 1.3 before servers that speak HTTP/1.1, compressed: as Azure Static Web Apps and
 * Azure Functions answer. Reads one line of JSON, `{key, cert, targets: {name: port}}`, prints one
 * with a port for each name, and ends when its standard input does.
 */
import { once } from "node:events";
import { request } from "node:http";
import { createSecureServer } from "node:http2";
import { createInterface } from "node:readline";
import { createGzip } from "node:zlib";

const HOST = "127.0.0.1";
const COMPRESSED = /^(text|application)\/(html|css|javascript|json)/;
/** Of one connection only (RFC 9113 §8.2.2), or of a body that is compressed here. */
const NOT_PASSED_ON = new Set(["connection", "keep-alive", "transfer-encoding", "content-length"]);

/** Without the pseudo-header fields of HTTP/2. */
function headersOf({ headers, authority }) {
  const kept = Object.entries(headers).filter(([name]) => !name.startsWith(":"));
  return { ...Object.fromEntries(kept), host: authority, "accept-encoding": "identity" };
}

function answer(from, to) {
  const isCompressed = COMPRESSED.test(from.headers["content-type"] ?? "");
  for (const [name, value] of Object.entries(from.headers)) {
    if (!NOT_PASSED_ON.has(name)) to.setHeader(name, value);
  }
  if (isCompressed) to.setHeader("content-encoding", "gzip");
  to.writeHead(from.statusCode);
  if (isCompressed) from.pipe(createGzip()).pipe(to);
  else from.pipe(to);
}

async function front({ key, cert }, target) {
  const secure = { key, cert, minVersion: "TLSv1.3" };
  const server = createSecureServer(secure, (asked, reply) => {
    const { method, url: path } = asked;
    const options = {
      host: HOST,
      port: target,
      method,
      path,
      agent: false,
      headers: headersOf(asked),
    };
    const passed = request(options, (from) => answer(from, reply));
    passed.on("error", () => reply.stream.close());
    asked.pipe(passed);
  });
  await once(server.listen(0, HOST), "listening");
  return server.address().port;
}

const lines = createInterface({ input: process.stdin });
const [line] = await once(lines, "line");
const { targets, ...identity } = JSON.parse(line);
const names = Object.entries(targets);
const found = names.map(async ([name, target]) => [name, await front(identity, target)]);
console.log(JSON.stringify(Object.fromEntries(await Promise.all(found))));
lines.on("close", () => process.exit(0));
