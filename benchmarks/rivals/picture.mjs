/** A specification of Vega-Lite from standard input as a picture (SVG) to standard output. */
import { readFileSync } from "node:fs";
import { parse, View } from "vega";
import { compile } from "vega-lite";

const spec = JSON.parse(readFileSync(0, "utf8"));
const view = new View(parse(compile(spec).spec), { renderer: "none" });
const svg = await view.toSVG();
const description = `<desc>${spec.description}</desc>`;
process.stdout.write(`${svg.replace(/(<svg[^>]*>)/, `$1${description}`)}\n`);
