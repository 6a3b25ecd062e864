// Tables are drawn on a canvas, which does not change by itself when a font arrives: whenever letters
// have been fetched, the tables on the page are made to draw themselves anew, by hiding them for a
// moment. One that has been scrolled is left alone: it draws itself anew at the next move.

const PAUSE_MS = 200;
const PATIENCE_MS = 3_000; // for a busy browser to notice that a table is hidden; then it is shown, and hidden once more
const TRIES = 10;
let timer = 0;

function frame() { return new Promise(requestAnimationFrame); }

// Whether nothing is left to do.
async function redraw(table) {
  const scroller = table.querySelector(".dvn-scroller");
  if (!table.querySelector("canvas") || scroller?.scrollTop || scroller?.scrollLeft) return true;
  const place = table.parentElement;
  place.style.minHeight = `${table.offsetHeight}px`; // what is below stays where it is
  table.style.display = "none";
  const end = performance.now() + PATIENCE_MS;
  while (table.querySelector("canvas") && performance.now() < end) await frame();
  const isGone = !table.querySelector("canvas");
  table.style.display = "";
  await frame();
  place.style.minHeight = "";
  return isGone;
}

async function insist(table) {
  for (let tries = 0; tries < TRIES && !(await redraw(table)); tries += 1) await frame();
}

function arrange() {
  clearTimeout(timer);
  timer = setTimeout(() => document.querySelectorAll("[data-testid=stDataFrame]").forEach(insist), PAUSE_MS);
}

export default function () {
  if (globalThis.musicgenLetters) return;
  globalThis.musicgenLetters = true;
  document.fonts.addEventListener("loadingdone", arrange);
}
