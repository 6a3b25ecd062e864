// The page: settings, the score with its cursor, playing, files, two languages.

const WORDS = JSON.parse(document.getElementById("words").textContent);
const MODEL = JSON.parse(document.getElementById("about").textContent);
const byId = (id) => document.getElementById(id);

const page = {
  language: (navigator.language ?? "en").startsWith("zh") ? "zh" : "en",
  context: null, source: null, startedAt: 0, offset: 0,
  shown: null, ahead: null, wanted: null, id: 0, isOpen: false, history: [], lit: [], elements: new Map(),
};

function words(name, values = {}) {
  return Object.entries(values).reduce((text, [key, value]) => text.replaceAll(`{${key}}`, value), WORDS[page.language][name]);
}

function translate() {
  document.documentElement.lang = page.language === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-words]")) element.textContent = words(element.dataset.words);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", words(element.dataset.label));
  byId("about-model").textContent = words("about_model", MODEL);
  showTemperature();
  showFigures();
  showState();
}

const worker = new Worker(URL.createObjectURL(new Blob([byId("worker-source").textContent], { type: "text/javascript" })));
worker.onmessage = ({ data }) => receive[data.type](data);
worker.onerror = (event) => { receive.failed({ message: event.message }); };

const receive = {
  open() { page.isOpen = true; if (page.wanted) ask(page.wanted, false); else composeAhead(); showState(); },
  text({ id, text }) { if (id === page.id && page.wanted) byId("growing").textContent = text; },
  tune({ id, made, sides }) {
    if (id !== page.id) return;
    const found = { ...made, sides };
    if (page.wanted) { page.wanted = null; show(found, true); } else { page.ahead = found; }
    showState();
  },
  none() { page.wanted = null; showState("none"); },
  failed({ message }) { page.wanted = null; console.error(message); showState("failed"); },
};

function temperature() { return Number(byId("temperature").value); }
function drawSeed() { return crypto.getRandomValues(new Uint32Array(1))[0] >>> 1; }

function ask(wish, isAhead) { worker.postMessage({ type: "compose", id: ++page.id, isAhead, ...wish }); }

function composeAhead() {
  page.ahead = null;
  if (page.isOpen && !page.wanted) ask({ seed: drawSeed(), temperature: temperature() }, true);
}

function compose() {
  const typed = byId("seed").value.trim();
  const isLocked = byId("lock").checked && typed !== "";
  if (isLocked && !(/^\d{1,10}$/.test(typed) && Number(typed) < 2 ** 31)) {
    showState("no_seed");
    return;
  }
  wakeSound();
  stop();
  const ahead = page.ahead;
  if (!isLocked && ahead && ahead.temperature === temperature()) {
    page.ahead = null;
    show(ahead, true);
    return;
  }
  page.wanted = { seed: isLocked ? Number(typed) : drawSeed(), temperature: temperature() };
  byId("growing").textContent = "";
  showState();
  if (page.isOpen) ask(page.wanted, false);
}

function show(found, isPlaying) {
  page.shown = found;
  if (page.history.at(-1) !== found && !page.history.includes(found)) page.history.push(found);
  if (page.history.length > 20) page.history.shift();
  byId("seed").value = found.asked;
  byId("tune").hidden = false;
  byId("title").textContent = found.title || words("untitled");
  byId("abc").textContent = found.abc;
  page.offset = 0;
  draw();
  showFigures();
  showState();
  if (isPlaying) play(0);
  setTimeout(composeAhead, 50);
}

function showFigures() {
  const found = page.shown;
  if (!found) return;
  byId("figures").textContent = words(found.drawings > 1 ? "figures_again" : "figures",
    { seed: found.seed, asked: found.asked, count: found.drawings, temperature: found.temperature.toFixed(2) });
}

function showTemperature() { byId("temperature-value").textContent = temperature().toFixed(2); }

function showState(problem) {
  const isWaiting = Boolean(page.wanted);
  byId("state").textContent = problem ? words(problem) : isWaiting ? words(page.isOpen ? "composing" : "opening") : "";
  byId("growing").hidden = !isWaiting;
  byId("compose").disabled = isWaiting;
  byId("play").textContent = words(page.source ? "pause" : "play");
  document.body.dataset.ahead = Boolean(page.ahead);
  document.body.dataset.playing = Boolean(page.source);
  byId("back").disabled = page.history.indexOf(page.shown) <= 0;
}

// Sheet music

function draw() {
  if (!page.shown) return;
  const paper = byId("paper");
  const isNarrow = paper.clientWidth < 620;
  page.layout = layOut(page.shown.tune, isNarrow ? 2 : 4);
  paper.replaceChildren();
  ABCJS.renderAbc(paper, page.layout.text.replace(/^T:.*\n/m, ""), {
    staffwidth: isNarrow ? 360 : 860, responsive: "resize", add_classes: true,
    paddingtop: 4, paddingbottom: 4, paddingleft: 2, paddingright: 2,
  }).forEach((drawn) => collect(drawn));
}

function collect(drawn) {
  page.elements = new Map();
  const header = /^T:.*\n/m.exec(page.layout.text);
  const missing = header ? header[0].length : 0;
  for (const line of drawn.lines) for (const staff of line.staff ?? []) for (const voice of staff.voices) {
    for (const item of voice) {
      const elements = item.abselem?.elemset?.filter((element) => element instanceof Element) ?? [];
      if (item.el_type === "note") page.elements.set(item.startChar + missing, elements);
    }
  }
}

function elementsOf(note) {
  const place = page.layout.places.get(note.from);
  for (let at = place; at > place - 12; at--) if (page.elements.has(at)) return page.elements.get(at);
  return [];
}

function light(note) {
  for (const element of page.lit) element.classList.remove("is-sounding");
  page.lit = note ? elementsOf(note) : [];
  for (const element of page.lit) element.classList.add("is-sounding");
  const first = page.lit[0];
  if (!first) return;
  const box = first.getBoundingClientRect();
  if (box.top < 0 || box.bottom > innerHeight) first.scrollIntoView({ block: "center", behavior: "smooth" });
}

// Playing

function wakeSound() {
  page.context ??= new AudioContext();
  if (page.context.state === "suspended") page.context.resume();
}

function bufferOf(found) {
  if (!found.buffer) {
    found.buffer = page.context.createBuffer(2, found.sides[0].length, RATE);
    found.sides.forEach((side, channel) => found.buffer.copyToChannel(side, channel));
    found.timed = timedNotes(found.tune);
  }
  return found.buffer;
}

function play(offset) {
  wakeSound();
  stop();
  const { context, shown } = page;
  const source = context.createBufferSource();
  source.buffer = bufferOf(shown);
  source.connect(context.destination);
  source.onended = () => { if (page.source === source) { page.source = null; page.offset = 0; light(null); showState(); } };
  source.start(0, offset);
  page.source = source;
  page.startedAt = context.currentTime - offset;
  requestAnimationFrame(follow);
  showState();
}

function stop() {
  if (!page.source) return;
  page.offset = page.context.currentTime - page.startedAt;
  const { source } = page;
  page.source = null;
  source.stop();
  showState();
}

function follow() {
  if (!page.source) return;
  const now = page.context.currentTime - page.startedAt;
  const { timed, buffer } = page.shown;
  let low = 0;
  let high = timed.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timed[middle].time <= now) low = middle + 1; else high = middle;
  }
  const note = low ? timed[low - 1] : null;
  if (note !== page.note) { page.note = note; light(note); }
  showTime(now, buffer.duration);
  requestAnimationFrame(follow);
}

function showTime(now, total) {
  const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;
  byId("time").textContent = `${clock(now)} / ${clock(total)}`;
  if (document.activeElement !== byId("place") || page.source) byId("place").value = now / total;
}

// Files

function save(name, type, data) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([data], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

function stem() { return `${MODEL.name}-${page.shown.seed}`; }

const actions = {
  compose,
  play() { if (page.source) stop(); else play(page.offset); },
  back() {
    const place = page.history.indexOf(page.shown);
    if (place > 0) { stop(); show(page.history[place - 1], true); }
  },
  abc_file() { save(`${stem()}.abc`, "text/vnd.abc", page.shown.abc); },
  midi_file() { save(`${stem()}.mid`, "audio/midi", midiFile(page.shown.tune, page.shown.title)); },
  wav_file() { save(`${stem()}.wav`, "audio/wav", wavFile(page.shown.sides)); },
  language() { page.language = page.language === "en" ? "zh" : "en"; translate(); if (page.shown && !page.shown.title) byId("title").textContent = words("untitled"); },
  theme() {
    const isDark = document.documentElement.dataset.theme
      ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = isDark ? "light" : "dark";
  },
};

for (const button of document.querySelectorAll("[data-action]")) {
  button.addEventListener("click", () => actions[button.dataset.action]());
}
byId("temperature").addEventListener("input", showTemperature);
byId("temperature").addEventListener("change", composeAhead);
byId("place").addEventListener("input", () => {
  if (!page.shown) return;
  wakeSound();
  page.offset = Number(byId("place").value) * bufferOf(page.shown).duration;
  showTime(page.offset, page.shown.buffer.duration);
  if (page.source) play(page.offset);
});
byId("seed").addEventListener("input", () => { byId("lock").checked = byId("seed").value.trim() !== ""; });
let width = 0;
new ResizeObserver(() => {
  const is = byId("paper").clientWidth < 620;
  if (is !== width) { width = is; draw(); }
}).observe(byId("paper"));

worker.postMessage({ type: "open", engine: byId("engine").textContent, network: byId("network").textContent, model: byId("model").textContent });
translate();

// For scripts: what stands on the screen.
globalThis.musicgenPage = page;
