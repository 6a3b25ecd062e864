// A and B play and pause the tunes of a pair, digits rate a single one; and the page learns when
// each was heard for a while.
// data: {trial: a name for the pair, count: how many tunes, scales: keys of the fields to rate with}

const HEARD_S = 3;
const SIDES = ["first", "second"];
const KEYS = { a: 0, b: 1 };

const playerOf = (side) => document.querySelector(`.st-key-listen_${side} audio`);

// Seconds of a sound that were played, without those that were skipped.
function played(audio) {
  let total = 0;
  for (let n = 0; n < audio.played.length; n++) total += audio.played.end(n) - audio.played.start(n);
  return total;
}

const isChosen = (button) => [button.ariaChecked, button.ariaPressed].includes("true");

const isHeard = (audio) => played(audio) >= Math.min(HEARD_S, (audio.duration || Infinity) - 0.2);

// One desk for the window: the component is called anew at each change, its listeners must not be.
function open() {
  const desk = { trial: "", count: 0, scales: [], heard: new Set(), isSaid: false, tell: undefined };
  const note = () => {
    for (const side of SIDES.slice(0, desk.count)) {
      const audio = playerOf(side);
      if (audio && isHeard(audio)) desk.heard.add(side);
    }
    if (desk.isSaid || !desk.count || desk.heard.size < desk.count) return;
    desk.isSaid = true;
    desk.tell("heard", desk.trial);
  };
  // A digit goes to the first scale without an answer, and to the last one where all have one.
  const rate = (digit) => {
    const fields = desk.scales.map((key) => [...document.querySelectorAll(`.st-key-${key} button`)]);
    const field = fields.find((buttons) => !buttons.some(isChosen)) ?? fields.at(-1);
    const button = field?.[digit - 1];
    if (button && !isChosen(button)) button.click(); // a second click would take the answer back
  };
  const press = (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.closest?.("input:not([type=radio]), textarea, select, [contenteditable=true]")) return;
    if (desk.scales.length && /^[1-9]$/.test(key)) return rate(Number(key));
    const place = KEYS[key.toLowerCase()];
    if (place === undefined || place >= desk.count) return;
    const audio = playerOf(SIDES[place]);
    if (!audio) return;
    event.preventDefault();
    if (audio.paused) audio.play()?.catch(() => {});
    else audio.pause();
  };
  document.addEventListener("timeupdate", note, true);
  document.addEventListener("ended", note, true);
  document.addEventListener("keydown", press);
  return desk;
}

export default function ({ data, setStateValue }) {
  const desk = (globalThis.musicgenListenDesk ??= open());
  Object.assign(desk, { count: data.count, scales: data.scales ?? [], tell: setStateValue });
  if (desk.trial !== data.trial) Object.assign(desk, { trial: data.trial, heard: new Set(), isSaid: false });
}
