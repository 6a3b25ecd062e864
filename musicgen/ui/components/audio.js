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

export default function ({ data }) {
  if (data.isOnAir || !globalThis.musicgenRadio) return;
  globalThis.musicgenRadio.close();
  globalThis.musicgenRadio = undefined;
}
