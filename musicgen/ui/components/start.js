// Starts a player as soon as it is there, once for each name: data {audio: selector, name, follows}.
// On a telephone, where it lies below what can be seen, the page goes to it.
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

// To the player, once there is as much below it as a screen holds, or it will not become more. Who
// scrolls meanwhile, or was at the score, stays.
const NARROW = "(max-width: 640px)";
const HEAD = 68;
const GROWS_MS = 3000;

function goTo(player) {
  const main = document.querySelector("[data-testid=stMain]");
  if (!main || !matchMedia(NARROW).matches) return;
  const end = performance.now() + GROWS_MS;
  const from = main.scrollTop;
  const look = () => {
    if (!player.isConnected || main.scrollTop !== from) return;
    const { top } = player.getBoundingClientRect();
    if (top < innerHeight / 2) return;
    const room = main.scrollHeight - main.clientHeight - from;
    if (room < top - HEAD && performance.now() < end) setTimeout(look, 100);
    else main.scrollBy({ top: top - HEAD, behavior: "smooth" });
  };
  look();
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
      if (!follows) goTo(player);
      player.play()?.catch(() => {}); // a browser that wants a click first shows its button
    }
    setTimeout(ask, PAUSE_MS);
  };
  ask();
}
