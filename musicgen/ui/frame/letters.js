// Tables are drawn on a canvas, which does not change by itself when a font arrives: whenever letters
// have been fetched, the tables on the page are made to draw themselves anew, by hiding them for a
// moment. One that has been scrolled is left alone: it draws itself anew at the next move.

const PAUSE_MS = 200;
const PATIENCE_MS = 3_000;
let timer = 0;

function frame() { return new Promise(requestAnimationFrame); }

async function redraw(table) {
  const scroller = table.querySelector(".dvn-scroller");
  if (!table.querySelector("canvas") || scroller?.scrollTop || scroller?.scrollLeft) return;
  const place = table.parentElement;
  place.style.minHeight = `${table.offsetHeight}px`; // what is below stays where it is
  table.style.display = "none";
  const end = performance.now() + PATIENCE_MS;
  while (table.querySelector("canvas") && performance.now() < end) await frame();
  table.style.display = "";
  await frame();
  place.style.minHeight = "";
}

function arrange() {
  clearTimeout(timer);
  timer = setTimeout(() => document.querySelectorAll("[data-testid=stDataFrame]").forEach(redraw), PAUSE_MS);
}

export default function () {
  if (globalThis.musicgenLetters) return;
  globalThis.musicgenLetters = true;
  document.fonts.addEventListener("loadingdone", arrange);
}
