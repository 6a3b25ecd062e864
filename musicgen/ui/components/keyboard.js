// Two octaves of a piano: what is played sounds, and is told when the player stops for a moment.
// data: {low, high, most, notes: those it was told before, words: {keys, clear, back, midi, listening, none}}

const QUIET_MS = 400; // after the last note, before the page hears of it
const BLACK = new Set([1, 3, 6, 8, 10]);
const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
const NOTE_ON = 0x90;

const FRESH_MS = 10_000;
const untold = globalThis.musicgenUntold ??= new Map(); // name -> notes that the page may not know yet

const boards = globalThis.musicgenKeyboards ??= new WeakMap(); // host -> the keyboard

class Keyboard {
  constructor(host, data, name) {
    const { notes, at } = untold.get(name) ?? {};
    this.name = name;
    // A popover that was closed has forgotten its notes, and the page may not know the last of them.
    this.notes = performance.now() - at < FRESH_MS ? [...notes] : [...data.notes];
    this.host = host;
    this.row = document.createElement("div");
    this.row.className = "musicgen-keyboard-row";
    this.keys = document.createElement("div");
    this.keys.className = "musicgen-keyboard-keys";
    this.keys.setAttribute("role", "group");
    host.replaceChildren(this.keys, this.row);
    this.draw(data);
    this.clear = this.button(() => { this.notes = []; this.tell(); });
    this.back = this.button(() => { this.notes.pop(); this.tell(); });
    this.midi = this.button(() => this.listen());
    this.midi.hidden = !navigator.requestMIDIAccess;
    this.said = document.createElement("span");
    this.said.setAttribute("role", "status");
    this.row.append(this.said);
  }

  draw({ low, high }) {
    const pitches = [];
    for (let pitch = low; pitch <= high; pitch += 1) pitches.push(pitch);
    const whites = pitches.filter((pitch) => !BLACK.has(pitch % 12));
    const width = 100 / whites.length;
    for (const pitch of pitches) {
      const isBlack = BLACK.has(pitch % 12);
      const key = document.createElement("button");
      key.type = "button";
      key.dataset.pitch = pitch;
      key.className = isBlack ? "is-black" : "";
      key.setAttribute("aria-label", `${NAMES[pitch % 12]}${Math.floor(pitch / 12) - 1}`);
      const place = isBlack ? whites.indexOf(pitch - 1) + 0.7 : whites.indexOf(pitch);
      key.style.left = `${place * width}%`;
      key.style.width = `${(isBlack ? 0.6 : 1) * width}%`;
      key.addEventListener("pointerdown", (event) => { event.preventDefault(); key.focus(); this.play(pitch); });
      key.addEventListener("click", (event) => { if (event.detail === 0) this.play(pitch); }); // by keyboard
      this.keys.append(key);
    }
  }

  button(act) {
    const button = document.createElement("button");
    button.type = "button";
    button.onclick = act;
    this.row.append(button);
    return button;
  }

  update(data, send) {
    this.data = data;
    this.send = send;
    const { keys, clear, back, midi } = data.words;
    this.keys.setAttribute("aria-label", keys);
    this.clear.textContent = clear;
    this.back.textContent = back;
    this.midi.textContent = midi;
    this.label();
  }

  label() { this.clear.disabled = this.back.disabled = !this.notes.length; }

  play(pitch) {
    this.sound(pitch);
    if (this.notes.length < this.data.most) this.notes.push(pitch);
    const key = this.keys.querySelector(`[data-pitch="${pitch}"]`);
    key?.classList.add("is-down");
    setTimeout(() => key?.classList.remove("is-down"), 160);
    this.label();
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.tell(), QUIET_MS);
  }

  tell() {
    clearTimeout(this.waiting);
    this.waiting = undefined;
    this.label();
    untold.set(this.name, { notes: [...this.notes], at: performance.now() });
    this.send?.("notes", [...this.notes]);
  }

  // A plucked tone: three partials that die away.
  sound(pitch) {
    const context = this.context ??= new AudioContext();
    context.resume();
    const now = context.currentTime, frequency = 440 * 2 ** ((pitch - 69) / 12);
    for (const [partial, loudness] of [[1, 0.2], [2, 0.07], [3, 0.03]]) {
      const tone = context.createOscillator(), gain = context.createGain();
      tone.frequency.value = partial * frequency;
      gain.gain.setValueAtTime(loudness, now);
      gain.gain.exponentialRampToValueAtTime(0.0001, now + 0.8 / partial);
      tone.connect(gain).connect(context.destination);
      tone.start(now);
      tone.stop(now + 0.8);
    }
  }

  async listen() {
    const { listening, none } = this.data.words;
    let access;
    try {
      access = await navigator.requestMIDIAccess();
    } catch { /* it was not allowed: as if there were none */ }
    const inputs = [...access?.inputs.values() ?? []];
    for (const input of inputs) input.onmidimessage = ({ data: [kind, pitch, force] }) => {
      if ((kind & 0xf0) === NOTE_ON && force && this.host.isConnected) this.play(pitch);
    };
    this.said.textContent = inputs.length ? listening.replace("{count}", inputs.length) : none;
  }

  close() {
    if (this.waiting) this.tell(); // what was played last is not lost with the keys
    this.send = undefined;
    this.context?.close();
    this.context = undefined;
  }
}

export default function ({ name, data, parentElement, setStateValue }) {
  const host = parentElement.querySelector(".musicgen-keyboard");
  const board = boards.get(host) ?? new Keyboard(host, data, name);
  boards.set(host, board);
  board.update(data, setStateValue);
  // Streamlit ends a call that a later one has overtaken, though the component lives on.
  return () => { if (!host.isConnected) board.close(); };
}
