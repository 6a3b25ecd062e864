// Tunes one after the other without a gap: each is scheduled on the audio clock to begin at the very
// sample where the one before it ends; the echo of that one goes on below it. The player is one for the
// document: the components that show it come and go with the pages of the app, and the music goes on.
// data: {tracks: [{number, title, audio: selector, duration_s}], isOn, jump: [number, name] or null,
//        hasBefore, words: {play, pause, skip, before, progress}}

const LEAD_S = 0.08; // from now to the first sample, so that none is late
const FADE_S = 0.25;
const AHEAD = 2; // tunes that should be ready beyond the one that sounds
const ASK_MS = 2000; // between two questions; twice as long each time, for each begins the page's work anew
const MOST_MS = 30000;

class Radio {
  constructor() {
    this.context = new AudioContext();
    this.output = this.context.createGain();
    this.output.connect(this.context.destination);
    this.tracks = new Map(); // number -> {number, duration, buffer, source, gain, start, element}
    this.current = undefined;
    this.log = []; // [number, start, end] on the audio clock: what was scheduled
    this.stage = document.createElement("div");
    this.asked = -Infinity;
    this.patience = ASK_MS;
    this.timer = setInterval(() => this.tick(), 50);
    this.context.addEventListener("statechange", () => this.label());
  }

  // A page shows the player: its buttons are the ones that work now.
  attach(host, send) {
    this.send = send;
    if (this.host !== host) {
      this.host = host;
      const on = (name, act) => {
        const button = host.querySelector(name);
        button.onclick = act;
        return button;
      };
      this.beforeButton = on(".musicgen-before", () => this.askForBefore());
      this.toggleButton = on(".musicgen-toggle", () => this.toggle());
      this.skipButton = on(".musicgen-skip", () => this.skip());
      this.progress = host.querySelector(".musicgen-progress");
    }
    host.querySelector(".musicgen-tracks").append(this.stage);
  }

  detach(host) {
    if (this.host !== host) return;
    this.host = this.send = undefined;
  }

  update(data) {
    this.data = data;
    if (data.jump?.[1] === this.before?.name || !data.hasBefore || !data.isOn) this.before = undefined;
    if (data.jump && data.jump[1] !== this.jumped) {
      this.jumped = data.jump[1];
      this.jump = data.jump[0];
    }
    if (!data.isOn) this.fallSilent();
    else if (this.isSilent) this.wake();
    const known = new Set(data.tracks.map((track) => track.number));
    for (const track of this.tracks.values()) {
      if (!known.has(track.number) && track !== this.current) this.drop(track);
    }
    if (this.loadMissing()) this.patience = ASK_MS; // it was heard
    this.makeJump();
    this.schedule();
    this.tellPlaying();
    this.label();
  }

  // What the page has and the player has not. A page that has nothing new to say says nothing, so what
  // could not be fetched, or was let go of for a jump, is looked for here, too. Whether there was any.
  loadMissing() {
    const missing = (this.data?.tracks ?? []).filter(({ number }) => {
      const isPast = this.current && number < this.current.number && number !== this.jump;
      return !isPast && !this.tracks.has(number);
    });
    for (const track of missing) this.load(track);
    return missing.length > 0;
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
    if (this.tracks.get(number) !== track) return;
    if (!track.buffer) { this.drop(track); return; }
    this.makeJump();
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
    const isCurrent = () => this.current?.number === number && !this.isSilent;
    Object.defineProperties(element, {
      currentTime: { get: () => isCurrent() ? this.elapsed() : 0, set: () => {} },
      paused: { get: () => !isCurrent() || this.context.state !== "running" },
      ended: { get: () => false },
      play: { value: () => this.resume() },
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
    if (this.isSilent || this.jump !== undefined || !next?.buffer || next.source) return;
    const now = this.context.currentTime;
    const end = this.current?.source ? this.current.start + this.current.duration : 0;
    this.begin(next, Math.max(end, now + LEAD_S));
    if (!this.current?.source) this.switchTo(next);
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
    if (before && before !== track) {
      before.element.remove();
      this.tracks.delete(before.number); // it rings out by itself
    }
    this.tellPlaying();
    this.schedule();
    this.label();
  }

  // Which tune sounds, and the last jump that was made: of two things told at once the page may see only
  // the later one, and has to know that the jump before it is done.
  tellPlaying() {
    if (!this.current || !this.send) return;
    const told = [this.current.number, this.made ?? ""];
    if (String(told) === String(this.told) && this.toldTo === this.host) return;
    this.told = told;
    this.toldTo = this.host;
    this.send.state("playing", told);
  }

  tick() {
    if (this.current && !this.isSilent) {
      const next = this.following();
      if (next?.source && this.context.currentTime >= next.start) this.switchTo(next);
      if (this.progress) this.progress.value = Math.min(1, this.elapsed() / this.current.duration);
    }
    this.askForMore();
    if (this.before && performance.now() - this.before.asked > this.before.patience) this.sendBefore();
  }

  // The page may be drawing itself anew and miss a click: it is asked until it answers with a jump.
  askForBefore() {
    if (!this.current) return;
    this.before = { number: this.current.number, name: `${Date.now()}`, patience: ASK_MS / 2 };
    this.sendBefore();
  }

  sendBefore() {
    this.before.asked = performance.now();
    this.before.patience = Math.min(MOST_MS, 2 * this.before.patience);
    this.send?.trigger("before", [this.before.number, this.before.name, this.before.asked]);
  }

  // Where too little is ready, the page is asked for more, until there is.
  askForMore() {
    if (!this.send || !this.data?.isOn || performance.now() - this.asked < this.patience) return;
    const ahead = [...this.tracks.keys()].filter((number) => !this.current || number > this.current.number);
    if (ahead.length >= AHEAD && this.jump === undefined) return;
    this.asked = performance.now();
    this.patience = Math.min(MOST_MS, 2 * this.patience);
    this.loadMissing();
    this.send.trigger("more", this.asked);
  }

  skip() {
    const next = this.following();
    if (!next?.buffer || !this.current) return;
    this.fade(this.current);
    if (next.source) this.silence(next);
    this.begin(next, this.context.currentTime + LEAD_S);
    this.resume();
    this.switchTo(next);
  }

  // To the tune that was asked for by hand, as soon as it is here; what was to follow waits its turn.
  makeJump() {
    const track = this.jump === undefined ? undefined : this.tracks.get(this.jump);
    if (!track?.buffer || this.isSilent) return;
    this.jump = undefined;
    this.made = this.jumped;
    for (const other of this.tracks.values()) if (other !== this.current) this.silence(other);
    if (this.current?.source) this.fade(this.current);
    this.begin(track, this.context.currentTime + LEAD_S);
    this.resume();
    this.switchTo(track);
  }

  toggle() {
    if (this.context.state === "running") this.pause(); else this.resume();
  }

  pause() { this.context.suspend(); }

  // One sound at a time: every other player of the page rests.
  resume() {
    for (const audio of document.querySelectorAll("audio")) audio.pause();
    this.context.resume();
  }

  fallSilent() {
    if (this.isSilent) return;
    this.isSilent = true;
    for (const track of this.tracks.values()) {
      if (track === this.current && track.source) this.fade(track);
      else this.silence(track);
      track.source = undefined;
    }
    if (this.progress) this.progress.value = 0;
    setTimeout(() => { if (this.isSilent) this.context.suspend(); }, 2000 * FADE_S);
  }

  wake() {
    this.isSilent = false;
    this.resume();
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
    if (!this.data || !this.host) return;
    const { play, pause, skip, before, progress } = this.data.words;
    this.toggleButton.textContent = this.context.state === "running" ? pause : play;
    this.toggleButton.disabled = !this.current || this.isSilent;
    this.skipButton.textContent = skip;
    this.skipButton.disabled = !this.current || this.isSilent || !this.following()?.buffer;
    this.beforeButton.textContent = before;
    this.beforeButton.disabled = !this.data.hasBefore;
    this.progress.setAttribute("aria-label", progress);
    this.host.hidden = !this.data.isOn && !this.current;
  }

  close() {
    clearInterval(this.timer);
    for (const track of [...this.tracks.values()]) this.drop(track);
    this.context.close();
  }
}

const radios = globalThis.musicgenRadios ??= new WeakMap(); // host -> the player

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const host = parentElement.querySelector(".musicgen-radio");
  const radio = (globalThis.musicgenRadio ??= new Radio());
  radios.set(host, radio);
  radio.attach(host, { state: setStateValue, trigger: setTriggerValue });
  radio.update(data);
  // Streamlit ends a call that a later one has overtaken, though the component lives on.
  return () => { if (!host.isConnected) radio.detach(host); };
}
