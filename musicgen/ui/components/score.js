// Sheet music that follows the sound: abcjs engraves, our own times move the cursor.
// data: {layouts: [{min_width, abc, starts: [startChar of each sounding note], notes: [startChar of
//        each written note], marks: [[start, end], ...]}] (widest first), onsets_s, durations_s,
//        audio: selector of the player, label, failure, loop: [[start_s, end_s], ...] or null, touch,
//        answers: [[start_s, end_s], ...] in which the reader plays, your_turn: what is said then,
//        is_numbered: whether abc2svg draws it in numbered notation}

const REACH = 48; // pixels within which a click means a note
const LINE = ".abcjs-staff-wrapper, .musicgen-line"; // a line of music, as either engraver calls it
const FAMILY = "Noto Serif SC Variable"; // the app's own font for Chinese titles
const LETTERS = `20px "${FAMILY}"`;
const FAMILY_FOLDER = "chinese_serif"; // in the address of its style sheet: see musicgen/ui/frame/web_fonts.py
const PATIENCE_MS = 10_000;
const READ_ON_MS = 3000; // from the last note of a tune to the first of the next one
const NUDGE = 80; // pixels that a hand may move the page up by chance
const HAND_MS = 500; // within which a page that moves is moved by the hand that was seen last

// A font that the page does not know yet, because its style sheet is under way, counts as there. It is
// under way on a page that has just been opened, where it is served at all.
function hasLetters() { return [...document.fonts].some(({ family }) => family.includes(FAMILY)); }

async function lettersAreKnown() {
  const isServed = [...document.querySelectorAll("style")].some(({ textContent }) => textContent.includes(FAMILY_FOLDER));
  const end = performance.now() + (isServed ? PATIENCE_MS : 0);
  while (!hasLetters() && performance.now() < end) await new Promise((go) => setTimeout(go, 50));
}

// How far the reader has scrolled up by hand, away from what sounds; one for all scores of a page.
class Reader {
  constructor() {
    this.up = 0;
    this.top = 0;
    this.handAt = -Infinity;
    const on = (kind, act) => addEventListener(kind, act, { capture: true, passive: true });
    for (const kind of ["wheel", "touchmove"]) on(kind, () => { this.handAt = performance.now(); });
    on("keydown", ({ key }) => { if (/^(Arrow|Page)/.test(key)) this.handAt = performance.now(); });
    on("scroll", ({ target }) => { if (target.matches?.("[data-testid=stMain]")) this.follow(target.scrollTop); });
  }

  follow(top) {
    const moved = this.top - top;
    this.top = top;
    if (performance.now() - this.handAt > HAND_MS) return;
    this.handAt = performance.now(); // a page that was pushed goes on by itself
    this.up = Math.max(0, this.up + moved);
  }

  get isElsewhere() { return this.up > NUDGE; }

  comeBack() {
    this.up = 0;
    this.handAt = -Infinity;
  }
}

const reader = globalThis.musicgenReader ??= new Reader();

class Score {
  constructor(host, send) {
    this.host = host;
    this.paper = host.querySelector(".musicgen-paper");
    this.cursor = host.querySelector(".musicgen-cursor");
    this.turn = host.querySelector(".musicgen-turn span");
    this.elements = new Map(); // startChar -> SVG groups of the note
    this.current = -1;
    this.resizing = new ResizeObserver(() => this.engrave());
    this.resizing.observe(host);
    this.paper.addEventListener("click", (event) => this.seek(event));
    this.touch = new Touch(this, send);
    this.frame = requestAnimationFrame(() => this.follow());
  }

  update(data) {
    const text = JSON.stringify(data);
    if (text === this.text) return;
    this.text = text;
    const music = JSON.stringify([data.is_numbered, data.layouts.map(({ abc }) => abc)]);
    const isLooping = !!this.data?.loop;
    this.data = data;
    if (music !== this.music) this.layout = undefined; // other words about the same music are only drawn over it
    else this.layout = data.layouts.find((one) => one.min_width === this.layout?.min_width);
    this.music = music;
    this.host.setAttribute("role", "img");
    this.host.setAttribute("aria-label", data.label);
    this.engrave();
    this.touch.update();
    this.pass = undefined;
    if (data.loop && !isLooping) this.play(data.loop[0][0]);
    this.due = data.cue?.[0] === globalThis.musicgenCued ? undefined : data.cue;
  }

  // Only when the width asks for other line breaks: a resize alone scales the picture.
  engrave() {
    const width = this.host.clientWidth;
    if (!this.data || !width || !engraver(this.data)) return;
    const layout = this.data.layouts.find((one) => width >= one.min_width);
    if (!layout || this.isWaitingForLetters(layout.abc)) return;
    if (layout !== this.layout) {
      this.layout = layout;
      if (this.data.is_numbered) this.number(layout); else this.collect(this.render(globalThis.musicgenAbcjs, layout));
      this.current = -1;
      this.cursor.hidden = true;
    } else this.show(this.current);
    this.touch.decorate();
  }

  // What is drawn in boxes before its letters arrive may keep them, so they are fetched first. Where
  // they cannot be had, the score is drawn all the same.
  isWaitingForLetters(abc) {
    const letters = abc.replace(/[\0-\u2e7f]/g, "");
    if (!letters || letters === this.asked || (hasLetters() && document.fonts.check(LETTERS, letters))) return false;
    if (letters === this.awaited) return true;
    this.awaited = letters;
    lettersAreKnown().then(() => document.fonts.load(LETTERS, letters)).catch(() => []).then(() => {
      this.asked = letters;
      this.engrave();
    });
    return true;
  }

  // A tune that the engraver cannot draw must not take the page with it: it still sounds.
  render(abcjs, layout) {
    const options = {
      responsive: "resize", add_classes: true, selectTypes: false, foregroundColor: "currentColor",
      afterParsing: globalThis.musicgenPlainKeys, staffwidth: layout.staff_width, paddingleft: 0, paddingright: 0, paddingtop: 0, paddingbottom: 16,
      format: { titlefont: "serif 20", tempofont: "serif 12 bold", infofont: "serif 12", gchordfont: "serif 12" },
    };
    try {
      const drawn = abcjs.renderAbc(this.paper, layout.abc, options);
      this.fitTitles();
      return drawn;
    } catch (error) {
      console.warn("abcjs:", error);
      this.paper.textContent = this.data.failure;
      return [];
    }
  }

  // abcjs writes a title in one line, however long: it stands whole on a telephone, too.
  fitTitles() {
    for (const title of this.paper.querySelectorAll("text.abcjs-title")) {
      const room = title.ownerSVGElement.viewBox.baseVal.width;
      const { width } = title.getBBox();
      if (room && width > room) title.style.fontSize = `${0.98 * parseFloat(getComputedStyle(title).fontSize) * room / width}px`;
    }
  }

  number(layout) {
    try {
      this.elements = new NumberedPaper(this.paper).draw(layout);
    } catch (error) {
      console.warn("abc2svg:", error);
      this.elements = new Map();
      this.paper.textContent = this.data.failure;
    }
    this.paper.removeAttribute("style"); // abcjs gives it a height of its own
  }

  collect(tunes) {
    this.elements.clear();
    const staffs = tunes.flatMap((tune) => tune.lines).flatMap((line) => line.staff ?? []);
    for (const item of staffs.flatMap((staff) => staff.voices).flat()) {
      const drawn = item.abselem?.elemset?.filter((element) => element instanceof Element) ?? [];
      if (item.el_type !== "note" || !drawn.length) continue;
      this.elements.set(item.startChar, drawn);
      for (const element of drawn) element.classList.add("musicgen-note");
    }
  }

  // Plays from the note nearest to a click: heads and stems are too thin to be hit with a finger.
  seek(event) {
    if (event.shiftKey || this.touch.swallows() || this.touch.chooses(event)) return;
    this.playFrom(this.layout?.notes.indexOf(this.nearest(event.clientX, event.clientY, REACH)) ?? -1);
  }

  // From a written note, at the first of the times it sounds.
  playFrom(note) {
    const index = this.layout?.starts.indexOf(this.layout.notes[note]) ?? -1;
    if (note >= 0 && index >= 0) this.play(this.data.onsets_s[index]);
  }

  play(time) {
    const audio = this.audio();
    if (!audio) return;
    this.pass = undefined;
    reader.comeBack();
    audio.currentTime = time;
    audio.play()?.catch(() => {}); // where the browser wants a click first, the place is found at least
  }

  // The player may come later than the score: only then is it asked, and once for each name.
  playDue() {
    [globalThis.musicgenCued] = this.due;
    this.play(this.due[1]);
    this.due = undefined;
  }

  toggle() {
    const audio = this.audio();
    if (audio?.paused) this.play(audio.currentTime); else audio?.pause();
  }

  nearest(x, y, reach) {
    let found, best = reach;
    for (const [startChar, drawn] of this.elements) {
      for (const element of drawn) {
        const box = element.getBoundingClientRect();
        const aside = Math.max(box.left - x, 0, x - box.right);
        const distance = Math.hypot(aside, Math.max(box.top - y, 0, y - box.bottom));
        if (distance < best) { best = distance; found = startChar; }
      }
    }
    return found;
  }

  audio() {
    if (!this.player?.isConnected) this.player = document.querySelector(this.data.audio);
    return this.player;
  }

  follow() {
    this.frame = requestAnimationFrame(() => this.follow());
    const audio = this.data && this.layout && this.audio();
    if (!audio) return;
    if (this.due) this.playDue();
    this.goRound(audio);
    this.tellTurn(audio);
    const begun = !audio.paused || audio.currentTime > 0;
    const index = begun && !audio.ended ? this.sounding(audio.currentTime) : -1;
    if (index !== this.current) this.show(index);
  }

  // Back to the first of the chosen bars after the last, in the pass that was being heard.
  goRound(audio) {
    const { loop } = this.data;
    if (!loop || audio.paused) return;
    const now = audio.currentTime;
    this.pass ??= loop.find(([start, end]) => now >= start && now < end) ?? loop[0];
    const [start, end] = this.pass;
    if (now >= end || now < start - 0.1) audio.currentTime = start;
  }

  // Call and response: whose turn it is, as long as it sounds.
  tellTurn({ currentTime, paused }) {
    const isYours = !paused && (this.data.answers ?? []).some(([start, end]) => currentTime >= start && currentTime < end);
    if (isYours === !this.turn.hidden) return;
    this.turn.textContent = this.data.your_turn;
    this.turn.hidden = !isYours;
    this.host.classList.toggle("is-your-turn", isYours);
  }

  // Binary search: the last note that begins at or before the time; -1 before the first.
  sounding(time) {
    const onsets = this.data.onsets_s;
    let low = 0, high = onsets.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (onsets[middle] <= time) low = middle + 1; else high = middle;
    }
    return low - 1;
  }

  show(index) {
    for (const element of this.lit ?? []) element.classList.remove("musicgen-sounding");
    this.current = index;
    if (this.lit?.length && this.inView()) globalThis.musicgenReadAt = performance.now();
    this.lit = this.elements.get(this.layout.starts?.[index]) ?? [];
    this.cursor.hidden = !this.lit.length;
    if (!this.lit.length) { this.top = undefined; return; }
    for (const element of this.lit) element.classList.add("musicgen-sounding");
    this.place();
  }

  place() {
    const frame = this.host.getBoundingClientRect();
    const note = this.lit[0].getBoundingClientRect();
    const staff = (this.lit[0].closest(LINE) ?? this.lit[0]).getBoundingClientRect();
    const top = staff.top - frame.top;
    const seen = this.inView();
    Object.assign(this.cursor.style, {
      left: `${note.left - frame.left - 4}px`, width: `${note.width + 8}px`,
      top: `${top}px`, height: `${staff.height}px`,
    });
    // Turn the page only for those who were reading along, have not gone up to something else, and have
    // nothing open over it. In a set they come from the score of the tune before.
    const isCovered = document.querySelector("[data-testid=stPopoverBody]")?.getClientRects().length;
    const isFirst = this.top === undefined;
    const isReadOn = isFirst && performance.now() - (globalThis.musicgenReadAt ?? -Infinity) < READ_ON_MS;
    const isAnew = isFirst ? !isReadOn : top < this.top - innerHeight / 2;
    if (isAnew) reader.comeBack();
    const isNew = isFirst ? isReadOn : seen && Math.abs(top - this.top) > 4;
    if (isNew && !isCovered && !reader.isElsewhere && !this.inView()) {
      reader.comeBack();
      this.cursor.scrollIntoView({ block: "center", behavior: "smooth" });
    }
    this.top = top;
  }

  // Whether it is seen whole: not beyond the screen, nor beneath what stays above the score.
  inView() {
    const { left, right, top, bottom, height } = this.cursor.getBoundingClientRect();
    const isUppermost = (y) => this.host.contains(document.elementFromPoint((left + right) / 2, y));
    return height > 0 && [top + 1, (top + bottom) / 2, bottom - 1].every(isUppermost);
  }

  stop() {
    cancelAnimationFrame(this.frame);
    this.resizing.disconnect();
  }
}

const scores = globalThis.musicgenScores ??= new WeakMap();

function engraver(data) {
  return data.is_numbered ? globalThis.musicgenNumbered : globalThis.musicgenAbcjs;
}

function ready(score) {
  return new Promise((resolve) => {
    const look = () => engraver(score.waiting) ? resolve() : setTimeout(look, 30);
    look();
  });
}

export default async function ({ data, parentElement, setTriggerValue }) {
  const host = parentElement.querySelector(".musicgen-score");
  let score = scores.get(host);
  if (!score) scores.set(host, score = new Score(host, (name, value) => score.send(name, value)));
  score.send = setTriggerValue;
  score.waiting = data;
  await ready(score);
  score.update(score.waiting);
  // Streamlit ends a call that a later one has overtaken, though the component lives on.
  return () => { if (!host.isConnected) { score.stop(); scores.delete(host); } };
}
