// Of several players on a page only one sounds: the one that was started last.

globalThis.musicgenOneSound ??= document.addEventListener("play", ({ target }) => {
  for (const audio of document.querySelectorAll("[data-testid=stAudio]")) {
    if (audio !== target) audio.pause();
  }
}, true) ?? true;

export default function () {}
