// Draws a tune with abcjs outside a browser.
//
//   node engrave.mjs ABCJS.js < request.json > drawing.json
//
// request: {tunes: [{abc, staff_width (px)}], advances: {regular, bold, italic: {character: em}}}
// drawing: {drawings: [[[shape]]]}, for each tune a list of shapes for each line of music, null for
//   one that cannot be drawn; a shape is {d, fill, stroke} or {text, x, y, size, bold, italic}, in px.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { text as readAll } from "node:stream/consumers";
import { makeDocument } from "./paper.mjs";

const LINE_HEIGHT = 1.15; // em, what browsers give a serif
const UNKNOWN_ADVANCE = 1; // em, of a character in none of our fonts

const request = JSON.parse(await readAll(process.stdin));

for (const name of ["log", "info", "warn", "error", "debug"]) console[name] = () => {};
globalThis.document = makeDocument(measure);
globalThis.window = { addEventListener() {}, innerWidth: 800, console };
globalThis.navigator ??= { userAgent: "" };

function isBold(element) { return ["bold", "700"].includes(element.getAttribute("font-weight")); }
function isItalic(element) { return element.getAttribute("font-style") === "italic"; }

function advance(text, size, bold, italic) {
  const table = request.advances[bold ? "bold" : italic ? "italic" : "regular"];
  return [...text].reduce((sum, character) => sum + (table[character] ?? UNKNOWN_ADVANCE), 0) * size;
}

// Lines of a text element: each is a tspan, which may hold raised and lowered ones.
function linesOf(element) {
  const size = Number(element.getAttribute("font-size")) || 16;
  const look = { bold: isBold(element), italic: isItalic(element) };
  return element.children.map((line, row) => {
    const runs = [{ text: line.text, size, dy: 0 }];
    for (const child of line.children) {
      const dy = parseFloat(child.getAttribute("dy")) || 0;
      runs.push({ text: child.textContent, size: size * 0.7, dy: dy * size });
    }
    const width = runs.reduce(
      (sum, run) => sum + advance(run.text, run.size, look.bold, look.italic), 0);
    return { runs, width, dy: row * 1.2 * size, x: Number(line.getAttribute("x")) || 0, ...look };
  });
}

function measure(element) {
  const texts = element.tagName === "text" ? [element] : element.querySelectorAll("text");
  const lines = texts.flatMap(linesOf);
  const size = Math.max(0, ...texts.map((one) => Number(one.getAttribute("font-size")) || 16));
  const width = Math.max(0, ...lines.map((line) => line.width));
  return { x: 0, y: 0, width, height: LINE_HEIGHT * size * Math.max(1, lines.length) };
}

function* shapesOf(element, inherited) {
  const own = {
    fill: element.getAttribute("fill") ?? inherited.fill,
    stroke: element.getAttribute("stroke") ?? inherited.stroke,
  };
  if (element.tagName === "path") {
    yield { d: element.getAttribute("d") ?? "", fill: own.fill !== "none", stroke: width(element, own) };
  } else if (element.tagName === "line") {
    const [x1, y1, x2, y2] = ["x1", "y1", "x2", "y2"].map((name) => Number(element.getAttribute(name)));
    yield { d: `M ${x1} ${y1} L ${x2} ${y2}`, fill: false, stroke: 1 };
  } else if (element.tagName === "text") {
    yield* writingOf(element);
  }
  for (const child of element.children) yield* shapesOf(child, own);
}

function width(element, own) {
  return own.stroke === "none" ? 0 : Number(element.getAttribute("stroke-width")) || 1;
}

// Every run is placed by its left end: so text looks the same in whatever draws it.
function* writingOf(element) {
  const anchor = { middle: 0.5, end: 1 }[element.getAttribute("text-anchor")] ?? 0;
  const top = Number(element.getAttribute("y")) || 0;
  for (const line of linesOf(element)) {
    let x = line.x - anchor * line.width, y = top + line.dy;
    for (const { text, size, dy } of line.runs) {
      y += dy;
      if (text.trim()) yield { text, x, y, size, bold: line.bold, italic: line.italic };
      x += advance(text, size, line.bold, line.italic);
    }
  }
}

const abcjs = createRequire(import.meta.url)(process.argv[2]);
const withPlainKeys = new Function(
  `${readFileSync(new URL("keys.js", import.meta.url), "utf8")}\nreturn withPlainKeys;`)();
const font = "serif";

function draw({ abc, staff_width }) {
  const page = document.createElement("div");
  abcjs.renderAbc(page, abc, {
    add_classes: true, selectTypes: false, staffwidth: staff_width, afterParsing: withPlainKeys,
    paddingleft: 0, paddingright: 0, paddingtop: 0, paddingbottom: 0,
    format: {
      tempofont: `${font} 11 bold`, partsfont: `${font} 13 bold`, gchordfont: `${font} 13 bold`,
      annotationfont: `${font} 12 italic`, tripletfont: `${font} 11 italic`,
      repeatfont: `${font} 12`, measurefont: `${font} 11 italic`,
    },
  });
  return page.querySelectorAll("g")
    .filter((group) => group.classList.includes("abcjs-staff-wrapper"))
    .map((group) => [...shapesOf(group, { fill: "black", stroke: "none" })]);
}

const drawings = request.tunes.map((tune) => {
  try { return draw(tune); } catch { return null; }
});
process.stdout.write(JSON.stringify({ drawings }));
