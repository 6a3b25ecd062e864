// A and B play and pause the tunes of a pair; and the page learns when each was heard for a while.
// data: {trial: a name for the pair, count: how many tunes}

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

const isHeard = (audio) => played(audio) >= Math.min(HEARD_S, (audio.duration || Infinity) - 0.2);

// One desk for the window: the component is called anew at each change, its listeners must not be.
function open() {
  const desk = { trial: "", count: 0, heard: new Set(), isSaid: false, tell: undefined };
  const note = () => {
    for (const side of SIDES.slice(0, desk.count)) {
      const audio = playerOf(side);
      if (audio && isHeard(audio)) desk.heard.add(side);
    }
    if (desk.isSaid || !desk.count || desk.heard.size < desk.count) return;
    desk.isSaid = true;
    desk.tell("heard", desk.trial);
  };
  const press = (event) => {
    const { key, target } = event;
    const place = KEYS[key.toLowerCase()];
    if (place === undefined || place >= desk.count || event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.closest?.("input, textarea, select, [contenteditable=true]")) return;
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
  Object.assign(desk, { count: data.count, tell: setStateValue });
  if (desk.trial !== data.trial) Object.assign(desk, { trial: data.trial, heard: new Set(), isSaid: false });
}
