// Tunes one after the other without a gap: each is scheduled on the audio clock to begin at the very
// sample where the one before it ends; the echo of that one goes on below it.
// data: {tracks: [{number, title, audio: selector, duration_s}], words: {play, pause, skip}}

const LEAD_S = 0.08; // from now to the first sample, so that none is late
const FADE_S = 0.25;

class Radio {
  constructor(host) {
    this.host = host;
    this.toggleButton = host.querySelector(".musicgen-toggle");
    this.skipButton = host.querySelector(".musicgen-skip");
    this.progress = host.querySelector(".musicgen-progress");
    this.stage = host.querySelector(".musicgen-tracks");
    this.context = new AudioContext();
    this.output = this.context.createGain();
    this.output.connect(this.context.destination);
    this.tracks = new Map(); // number -> {number, duration, buffer, source, gain, start, element}
    this.current = undefined;
    this.log = []; // [number, start, end] on the audio clock: what was scheduled
    this.toggleButton.addEventListener("click", () => this.toggle());
    this.skipButton.addEventListener("click", () => this.skip());
    this.timer = setInterval(() => this.tick(), 50);
    this.context.addEventListener("statechange", () => this.label());
  }

  update(data, tell) {
    this.data = data;
    this.tell = tell;
    const known = new Set(data.tracks.map((track) => track.number));
    for (const track of this.tracks.values()) {
      if (!known.has(track.number) && track !== this.current) this.drop(track);
    }
    for (const track of data.tracks) {
      const isPast = this.current && track.number < this.current.number;
      if (!this.tracks.has(track.number) && !isPast) this.load(track);
    }
    this.label();
  }

  async load({ number, audio, duration_s }) {
    const track = { number, duration: duration_s, element: this.standIn(number) };
    this.tracks.set(number, track);
    try {
      const source = await this.address(audio, track);
      const bytes = source && await (await fetch(source)).arrayBuffer();
      if (bytes) track.buffer = await this.context.decodeAudioData(bytes);
    } catch (error) {
      console.warn("radio:", error);
    }
    if (!track.buffer) return this.drop(track);
    this.schedule();
    this.label();
  }

  // The address appears when the page has drawn the hidden element.
  async address(selector, track) {
    while (this.tracks.get(track.number) === track) {
      const source = document.querySelector(selector)?.src;
      if (source) return source;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return undefined;
  }

  // What a score takes for an audio element.
  standIn(number) {
    const element = document.createElement("span");
    element.className = "musicgen-track";
    element.dataset.number = number;
    const isCurrent = () => this.current?.number === number;
    Object.defineProperties(element, {
      currentTime: { get: () => isCurrent() ? this.elapsed() : 0, set: () => {} },
      paused: { get: () => !isCurrent() || this.context.state !== "running" },
      ended: { get: () => false },
      play: { value: () => this.context.resume() },
    });
    this.stage.append(element);
    return element;
  }

  elapsed() { return Math.max(0, this.context.currentTime - this.current.start); }

  following() {
    const later = [...this.tracks.values()].filter((track) => !this.current || track.number > this.current.number);
    return later.sort((one, other) => one.number - other.number)[0];
  }

  // Starts the first tune, and gives the next its place right behind the one that sounds.
  schedule() {
    const next = this.following();
    if (!next?.buffer || next.source) return;
    const now = this.context.currentTime;
    const end = this.current ? this.current.start + this.current.duration : 0;
    this.begin(next, Math.max(end, now + LEAD_S));
    if (!this.current) this.switchTo(next);
  }

  begin(track, start) {
    track.gain = this.context.createGain();
    track.gain.connect(this.output);
    track.source = this.context.createBufferSource();
    track.source.buffer = track.buffer;
    track.source.connect(track.gain);
    track.source.start(start);
    track.start = start;
    this.log.push([track.number, start, start + track.duration]);
    if (this.log.length > 50) this.log.shift();
  }

  switchTo(track) {
    const before = this.current;
    this.current = track;
    if (before) {
      before.element.remove();
      this.tracks.delete(before.number); // it rings out by itself
    }
    this.tell(track.number);
    this.schedule();
    this.label();
  }

  tick() {
    if (!this.current) return;
    const next = this.following();
    if (next?.source && this.context.currentTime >= next.start) this.switchTo(next);
    this.progress.value = Math.min(1, this.elapsed() / this.current.duration);
  }

  skip() {
    const next = this.following();
    if (!next?.buffer || !this.current) return;
    this.fade(this.current);
    if (next.source) this.silence(next);
    this.begin(next, this.context.currentTime + LEAD_S);
    this.context.resume();
    this.switchTo(next);
  }

  toggle() {
    if (this.context.state === "running") this.context.suspend(); else this.context.resume();
  }

  fade(track) {
    const now = this.context.currentTime;
    track.gain.gain.setValueAtTime(1, now);
    track.gain.gain.linearRampToValueAtTime(0, now + FADE_S);
    track.source.stop(now + FADE_S);
  }

  silence(track) {
    track.source?.stop();
    track.gain?.disconnect();
    track.source = undefined;
    this.log = this.log.filter(([number]) => number !== track.number);
  }

  drop(track) {
    this.silence(track);
    track.element.remove();
    this.tracks.delete(track.number);
  }

  label() {
    if (!this.data) return;
    const { play, pause, skip } = this.data.words;
    this.toggleButton.textContent = this.context.state === "running" ? pause : play;
    this.toggleButton.disabled = !this.current;
    this.skipButton.textContent = skip;
    this.skipButton.disabled = !this.current || !this.following()?.buffer;
  }

  stop() {
    clearInterval(this.timer);
    for (const track of [...this.tracks.values()]) this.drop(track);
    this.context.close();
  }
}

const radios = globalThis.musicgenRadios ??= new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const host = parentElement.querySelector(".musicgen-radio");
  let radio = radios.get(host);
  if (!radio) radios.set(host, radio = new Radio(host));
  radio.update(data, (number) => setStateValue("playing", number));
  return () => { radio.stop(); radios.delete(host); };
}
