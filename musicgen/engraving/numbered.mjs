// Draws tunes in numbered notation with abc2svg outside a browser.
//
//   node numbered.mjs ABC2SVG_FOLDER < request.json > drawing.json
//
// request: {tunes: [{abc, staff_width (px)}], scale}
// drawing: {drawings: [[svg]]}, for each tune its lines as SVG, null for one that cannot be drawn

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text as readAll } from "node:stream/consumers";

const folder = process.argv[2];
const request = JSON.parse(await readAll(process.stdin));

for (const name of ["log", "info", "warn", "error", "debug"]) console[name] = () => {};

// What a tune says is never run: abc2svg finds no eval.
const parts = [join(folder, "abc2svg-1.js"), join(folder, "jianpu-1.js"), new URL("numbered.js", import.meta.url)];
const source = parts.map((one) => readFileSync(one, "utf8")).join("\n");
const { abc2svg, drawNumbered } = new Function("eval", `${source}\nreturn { abc2svg, drawNumbered };`)();

const drawings = request.tunes.map(({ abc, staff_width }) => {
  try { return drawNumbered(abc2svg, abc, staff_width, request.scale); } catch { return null; }
});
process.stdout.write(JSON.stringify({ drawings }));
