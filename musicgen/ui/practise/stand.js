// The music stand: keys and pedals play, stop and turn pages, and the screen stays awake while it sounds.
// data: {audio: selector, score: selector}

globalThis.musicgenStand ??= (() => {
  const stand = { audio: "", score: "", lock: null };
  const isTyping = (target) => target instanceof Element
    && target.closest("input, textarea, select, [contenteditable=true], [role=slider], [role=combobox], button, audio");
  const player = () => stand.audio && document.querySelector(stand.audio);

  function systems() {
    const score = stand.score && document.querySelector(stand.score);
    return score ? [...score.querySelectorAll(".abcjs-staff-wrapper, .abcjs-staff, .musicgen-line")] : [];
  }

  // To the first line that is not wholly seen, or back to the one a screen before.
  function turn(by) {
    const lines = systems();
    if (!lines.length) return false;
    const tops = lines.map((line) => line.getBoundingClientRect());
    const next = by > 0
      ? lines.find((_, n) => tops[n].top > 90 && tops[n].bottom > innerHeight - 8)
      : lines.findLast((_, n) => tops[n].top < -innerHeight * 0.4) ?? lines[0];
    next?.scrollIntoView({ block: by > 0 ? "start" : "center", behavior: "smooth" });
    return Boolean(next);
  }

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
