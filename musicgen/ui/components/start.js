// Starts a player as soon as it is there, once for each name: data {audio: selector, name, follows}.
// On a telephone, where it lies below what can be seen, the page goes to it.
// One that follows goes on where the one before it was, if that was sounding until just now.
// The attribute `autoplay` will not do: Streamlit takes it off where React draws a player twice, and
// then nothing sounds.

const PATIENCE_MS = 30000; // a busy server may have to bring the sound twice (audio.js)
const SOON_MS = 5000;
const PAUSE_MS = 15;
const LONGER_PAUSE_MS = 200;

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
  const begin = performance.now();
  let player, sounds = false, isNew = false;
  const heard = () => { sounds = true; };
  const loadsAnew = ({ target }) => { isNew ||= target === player; }; // which takes back what was asked of it
  const ask = () => {
    const waited = performance.now() - begin;
    if (sounds || starts.newest !== name || waited > PATIENCE_MS) return;
    const found = document.querySelector(selector);
    if (found && (found !== player || isNew)) {
      if (found !== player) {
        found.addEventListener("playing", heard, { once: true });
        found.addEventListener("emptied", loadsAnew);
      }
      player = found;
      isNew = false;
      const seek = () => { player.currentTime = share * player.duration; };
      if (share && player.readyState) seek();
      else if (share) player.addEventListener("loadedmetadata", seek, { once: true });
      if (!follows) goTo(player);
      player.play()?.catch(() => {}); // a browser that wants a click first shows its button
    }
    setTimeout(ask, waited < SOON_MS ? PAUSE_MS : LONGER_PAUSE_MS);
  };
  ask();
}
