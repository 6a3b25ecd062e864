// Starts a player as soon as it is there, once for each name: data {audio: selector, name}.
// The attribute `autoplay` will not do: Streamlit takes it off where React draws a player twice, and
// then nothing sounds.

const PATIENCE_MS = 10000;
const PAUSE_MS = 15;

export default function ({ data }) {
  const { audio: selector, name } = data;
  const starts = (globalThis.musicgenStarts ??= { names: new Set() });
  if (!name || starts.names.has(name)) return;
  starts.names.add(name);
  starts.newest = name;
  const end = performance.now() + PATIENCE_MS;
  let player, sounds = false;
  const heard = () => { sounds = true; };
  const ask = () => {
    if (sounds || starts.newest !== name || performance.now() > end) return;
    const found = document.querySelector(selector);
    if (found && found !== player) {
      player = found;
      player.addEventListener("playing", heard, { once: true });
      player.play()?.catch(() => {}); // a browser that wants a click first shows its button
    }
    setTimeout(ask, PAUSE_MS);
  };
  ask();
}
