// The music stand: keys and pedals play, stop and turn pages, and the screen stays awake while it sounds.
// data: {audio: selector, score: selector}

const HEADER = 64, GAP = 24; // pixels

globalThis.musicgenStand ??= (() => {
  const stand = { audio: "", score: "", lock: null };
  const isTyping = (target) => target instanceof Element
    && target.closest("input, textarea, select, [contenteditable=true], [role=slider], [role=combobox], button, audio");
  const player = () => stand.audio && document.querySelector(stand.audio);

  function systems() {
    const score = stand.score && document.querySelector(stand.score);
    if (!score) return [];
    const lines = [...score.querySelectorAll(".abcjs-staff-wrapper")];
    return lines.length ? lines : [...score.querySelectorAll(".musicgen-line, .musicgen-paper > svg")];
  }

  // What stays above the score: the header of the page, and the player below it.
  const head = () => HEADER + (player()?.closest(".st-key-sound")?.offsetHeight ?? 0);

  // To the first line that is not wholly seen, or back by a screen: a line stands whole below the
  // player, and nothing of the line before is left above it.
  function turn(by) {
    const boxes = systems().map((line) => line.getBoundingClientRect());
    if (!boxes.length) return false;
    const covered = head(), room = innerHeight - covered;
    let at = by > 0
      ? boxes.findIndex((box) => box.top > covered + 30 && box.bottom > innerHeight - 8)
      : boxes.findIndex((box) => box.top > covered - room);
    if (at < 0) at = by > 0 ? boxes.length - 1 : 0;
    const above = at > 0 ? Math.max(boxes[at - 1].bottom, boxes[at].top - GAP) : boxes[at].top - GAP;
    document.querySelector("[data-testid=stMain]")?.scrollBy({ top: above - covered, behavior: "smooth" });
    return true;
  }

  // Who opened a popover by hand means the music with the next key, not that button again.
  let isByHand = false;
  document.addEventListener("pointerdown", () => { isByHand = true; }, true);
  document.addEventListener("keydown", (event) => { if (event.key !== "Escape") isByHand = false; }, true);
  document.addEventListener("keyup", (event) => {
    if (event.key !== "Escape" || !isByHand || !player()) return;
    const button = document.activeElement;
    if (button?.closest("[data-testid=stPopover]")) button.blur();
  }, true);

  document.addEventListener("keydown", (event) => {
    if (!player() || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const audio = player();
    const act = {
      " ": () => (audio.paused ? audio.play() : audio.pause()),
      Enter: () => (audio.paused ? audio.play() : audio.pause()),
      Home: () => { audio.currentTime = 0; audio.play(); },
      PageDown: () => turn(1), ArrowRight: () => turn(1), ArrowDown: () => turn(1),
      PageUp: () => turn(-1), ArrowLeft: () => turn(-1), ArrowUp: () => turn(-1),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  async function stayAwake() {
    const audio = player();
    const isSounding = Boolean(audio && !audio.paused);
    document.documentElement.dataset.musicgenAwake = String(isSounding);
    if (!isSounding) { stand.lock?.release?.(); stand.lock = null; return; }
    try { stand.lock ??= await navigator.wakeLock?.request("screen") ?? null; } catch { stand.lock = null; }
  }
  for (const name of ["play", "pause", "ended"]) document.addEventListener(name, stayAwake, true);
  document.addEventListener("visibilitychange", () => { stand.lock = null; stayAwake(); });
  return stand;
})();

export default function ({ data, parentElement }) {
  Object.assign(globalThis.musicgenStand, data);
  // Streamlit ends a call that a later one has overtaken, though the component lives on.
  return () => { if (!parentElement.isConnected) Object.assign(globalThis.musicgenStand, { audio: "", score: "" }); };
}
