// Of several players on a page only one sounds: the one that was started last. The player of Endless
// is one of them; it sounds on across the pages, and is over where the session knows of no row.
// data: {isOnAir}

globalThis.musicgenOneSound ??= document.addEventListener("play", ({ target }) => {
  for (const audio of document.querySelectorAll("[data-testid=stAudio]")) {
    if (audio !== target) audio.pause();
  }
  globalThis.musicgenRadio?.pause();
}, true) ?? true;

// A player that has left the page gives back its connection. Chromium reads only the beginning of a
// long sound and holds the connection for the rest; it opens six to a server, so that after six tunes
// the next sound would wait until somebody collects the players that are gone.

globalThis.musicgenRelease ??= (() => {
  const release = (audio) => {
    if (audio.isConnected) return; // moved, not gone
    audio.removeAttribute("src");
    audio.load();
  };
  const gone = (node) => {
    if (node instanceof Element) for (const audio of [node, ...node.querySelectorAll("audio")])
      if (audio instanceof HTMLAudioElement) setTimeout(release, 0, audio);
  };
  const watch = new MutationObserver((changes) => changes.forEach((one) => one.removedNodes.forEach(gone)));
  watch.observe(document.body, { childList: true, subtree: true });
  return watch;
})();

// A run of the page that a newer one cuts short lets go of the sounds it had not come to; the newer one
// brings them back under the same addresses. A player that asked in between asks again.
const AGAIN_MS = 250; // twice as long each time
const MAX_TIMES = 7;

globalThis.musicgenAskAgain ??= (() => {
  const asked = new WeakMap();
  document.addEventListener("error", ({ target: audio }) => {
    if (!(audio instanceof HTMLAudioElement) || !audio.hasAttribute("src")) return;
    const { src } = audio;
    const before = asked.get(audio);
    const times = before?.src === src ? before.times + 1 : 0;
    if (times >= MAX_TIMES) return;
    asked.set(audio, { src, times });
    setTimeout(() => { if (audio.isConnected && audio.error && audio.src === src) audio.load(); }, AGAIN_MS * 2 ** times);
  }, true);
  return asked;
})();

export default function ({ data }) {
  if (data.isOnAir || !globalThis.musicgenRadio) return;
  globalThis.musicgenRadio.close();
  globalThis.musicgenRadio = undefined;
}
