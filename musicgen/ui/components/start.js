// Starts a player as soon as it is there, once for each name: data {audio: selector, name, follows}.
// One that follows goes on where the one before it was, if that was sounding until just now.
// The attribute `autoplay` will not do: Streamlit takes it off where React draws a player twice, and
// then nothing sounds.

const PATIENCE_MS = 10000;
const PAUSE_MS = 15;

const JUST_NOW_MS = 4000;

// The share of a sound that had gone by when it was last heard; a pause by hand forgets it.
function listen() {
  const heard = { share: 0, at: -Infinity };
  document.addEventListener("timeupdate", ({ target: audio }) => {
    if (audio.paused || !(audio.currentTime > 0) || !(audio.duration > 0)) return;
    Object.assign(heard, { share: audio.currentTime / audio.duration, at: performance.now() });
  }, true);
  document.addEventListener("pause", () => { heard.at = -Infinity; }, true);
  return heard;
}

export default function ({ data }) {
  const { audio: selector, name, follows } = data;
  const starts = (globalThis.musicgenStarts ??= { names: new Set(), heard: listen() });
  if (!name || starts.names.has(name)) return;
  starts.names.add(name);
  starts.newest = name;
  const share = follows ? starts.heard.share : 0;
  if (follows && performance.now() - starts.heard.at > JUST_NOW_MS) return;
  const end = performance.now() + PATIENCE_MS;
  let player, sounds = false;
  const heard = () => { sounds = true; };
  const ask = () => {
    if (sounds || starts.newest !== name || performance.now() > end) return;
    const found = document.querySelector(selector);
    if (found && found !== player) {
      player = found;
      player.addEventListener("playing", heard, { once: true });
      const seek = () => { player.currentTime = share * player.duration; };
      if (share && player.readyState) seek();
      else if (share) player.addEventListener("loadedmetadata", seek, { once: true });
      player.play()?.catch(() => {}); // a browser that wants a click first shows its button
    }
    setTimeout(ask, PAUSE_MS);
  };
  ask();
}
