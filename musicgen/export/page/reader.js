// A strict reader of one tune in ABC: what it takes is complete and in time, and has notes to play.
//
// It takes less than ABC has: whatever it does not know for certain is a reason to refuse the tune.
// Lengths are whole numbers of ticks, TICKS to a whole note. Offsets are those of the text.

const TICKS = 40320; // 2^7 · 3^2 · 5 · 7
const STEPS = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };
const FIFTHS = { F: -1, C: 0, G: 1, D: 2, A: 3, E: 4, B: 5 };
const MODE_FIFTHS = { "": 0, maj: 0, ion: 0, m: -3, min: -3, aeo: -3, dor: -2, mix: -1, phr: -4, lyd: 1, loc: -5 };
const TUPLETS = { 2: 3, 3: 2, 4: 3, 6: 2 };
const SIGNS = new Set(["|", "||", "|]", "|:", ":|", "::", ":|:", ":||:", ":|]"]);
const ALTER = { "^": 1, "^^": 2, "_": -1, "__": -2, "=": 0 };

class Refused extends Error {}

function refuse(why) { throw new Refused(why); }

function readHeader(text) {
  const fields = {};
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf("\n", at);
    const line = /^([A-Za-z]):\s*(.*?)\s*$/.exec(text.slice(at, end < 0 ? undefined : end));
    if (!line || end < 0) refuse("header");
    fields[line[1]] ??= line[2];
    at = end + 1;
    if (line[1] === "K") return { fields, start: at };
  }
  return refuse("header");
}

function meterTicks(meter) {
  const pair = /^(\d+)\/(\d+)$/.exec({ C: "4/4", "C|": "2/2" }[meter] ?? meter ?? "");
  const ticks = pair ? (TICKS * pair[1]) / pair[2] : 0;
  return ticks > 0 && Number.isInteger(ticks) ? ticks : refuse("meter");
}

// Sharps and flats of a key by letter.
function signature(key) {
  const found = /^([A-G])([#b]?)\s*([A-Za-z]*)$/.exec(key ?? "");
  if (!found) refuse("key");
  const mode = found[3].toLowerCase();
  const offset = MODE_FIFTHS[mode === "m" ? mode : mode.slice(0, 3)];
  if (offset === undefined) refuse("key");
  const fifths = FIFTHS[found[1]] + 7 * ({ "#": 1, b: -1 }[found[2]] ?? 0) + offset;
  if (Math.abs(fifths) > 7) refuse("key");
  const alter = {};
  [..."FCGDAEB"].forEach((letter, place) => {
    alter[letter] = fifths > place ? 1 : -fifths > 6 - place ? -1 : 0;
  });
  return alter;
}

class Body {
  constructor(text, start, unit, key) {
    this.text = text;
    this.at = start;
    this.unit = unit;
    this.key = key;
    this.bars = [];
    this.tied = null;
    this.openBar(start, "");
    this.resetNotes();
  }

  resetNotes() {
    this.broken = 1; // factor of the next note
    this.last = null;
    this.tuplet = null;
  }

  openBar(from, opening) {
    this.bar = { from, to: from, end: from, notes: [], length: 0, opening, closing: "", ending: 0 };
    this.alters = new Map(); // letter -> { alter, octave }
  }

  take(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at = pattern.lastIndex;
    return found;
  }

  read() {
    while (this.at < this.text.length) this.readOne();
    if (this.bar.length) refuse("no bar line at the end");
    if (this.tied) refuse("tie");
    return this.bars;
  }

  readOne() {
    const character = this.text[this.at];
    if (character === " ") { this.at++; return; }
    if (this.take(/!?\n/y)) { this.endLine(); return; }
    if (this.take(/"[^"\n]*"/y)) return;
    if (this.take(/\[([12])(?!\d)/y)) { this.beginEnding(Number(this.text[this.at - 1])); return; }
    const sign = this.take(/:*\|+[\]:]?|::/y);
    if (sign) { this.endBar(sign[0], sign.index); return; }
    const tuplet = this.take(/\((\d)(?![\d:])/y);
    if (tuplet) { this.beginTuplet(Number(tuplet[1])); return; }
    if (this.take(/[()]/y)) return; // slurs
    if (this.take(/-/y)) { this.tie(); return; }
    const broken = this.take(/[<>](?![<>])/y);
    if (broken) { this.breakRhythm(broken[0]); return; }
    if (character === "[") { this.readChord(); return; }
    this.readNote(this.at, [this.readPitch()]);
  }

  endLine() {
    if (/[A-Za-z]:/y.test(this.text.slice(this.at, this.at + 2))) refuse("field in the music");
  }

  endBar(sign, from) {
    if (!SIGNS.has(sign)) refuse("bar line");
    if (this.broken !== 1 || this.tuplet) refuse("unfinished rhythm");
    this.resetNotes();
    const closing = sign === "|:" ? "|" : sign;
    if (this.bar.length) {
      this.bar.to = from;
      this.bar.closing = closing;
      this.bar.end = this.at;
      this.bars.push(this.bar);
    } else if (this.bars.length && closing !== "|") {
      const before = this.bars.at(-1);
      if (this.bar.ending || before.closing !== "|") refuse("bar line");
      before.closing = closing;
      before.end = this.at;
    } else if (sign === ":|" || this.bar.ending) refuse("bar line");
    const isOpen = sign === "|:" || sign === "::" || sign === ":|:" || sign === ":||:";
    if (sign === "|:" && this.bars.at(-1)?.closing === "|") this.bars.at(-1).closing = "||";
    const carried = this.bar.length ? "" : this.bar.opening;
    this.openBar(this.at, isOpen ? "|:" : carried);
    const ending = this.take(/([12])(?!\d)/y);
    if (ending) this.beginEnding(Number(ending[1]));
  }

  beginEnding(number) {
    if (this.bar.length || this.bar.ending) refuse("ending");
    this.bar.ending = number;
    this.bar.from = this.at;
  }

  beginTuplet(count) {
    if (this.tuplet || this.broken !== 1 || !TUPLETS[count]) refuse("tuplet");
    this.tuplet = { left: count, factor: [TUPLETS[count], count] };
  }

  tie() {
    if (!this.last || this.last.pitches.length === 0) refuse("tie");
    this.tied = this.last;
  }

  breakRhythm(sign) {
    if (!this.last || this.last.isTuplet || this.last.isBroken || this.tuplet) refuse("broken rhythm");
    const half = this.last.length / 2;
    if (!Number.isInteger(half)) refuse("length");
    const change = sign === ">" ? half : -half;
    this.last.length += change;
    this.last.isBroken = true;
    this.bar.length += change;
    this.broken = sign === ">" ? 0.5 : 1.5;
  }

  // A pitch as a MIDI number; null of a rest.
  readPitch() {
    const found = this.take(/(\^\^|\^|__|_|=)?([A-Ga-gxz])([,']*)/y);
    if (!found) return refuse("sign");
    const [, accidental, name, marks] = found;
    if (name === "z" || name === "x") return accidental || marks ? refuse("rest") : null;
    const letter = name.toUpperCase();
    if (marks.includes(name === letter ? "'" : ",")) refuse("octave"); // F' is f, which some programs refuse
    let octave = name === letter ? 0 : 1;
    for (const mark of marks) octave += mark === "'" ? 1 : -1;
    const before = this.alters.get(letter);
    if (before && before.octave !== octave && !accidental) refuse("accidental in another octave");
    if (accidental) this.alters.set(letter, { alter: ALTER[accidental], octave });
    const alter = accidental ? ALTER[accidental] : (before?.alter ?? this.key[letter]);
    return 60 + 12 * octave + STEPS[letter] + alter;
  }

  readLength() {
    const found = this.take(/(\d{1,2})?(?:\/(\d{1,2})|(\/{1,4}))?(?![\d/])/y);
    if (!found) refuse("length");
    const [, above, below, slashes] = found;
    const divisor = below ? Number(below) : 2 ** (slashes?.length ?? 0);
    const length = (this.unit * Number(above ?? 1)) / divisor;
    return length > 0 && Number.isInteger(length) ? length : refuse("length");
  }

  readChord() {
    const from = this.at++;
    const pitches = [];
    let inner = 0;
    while (this.text[this.at] !== "]") {
      const pitch = this.readPitch();
      if (pitch === null) refuse("rest in a chord");
      const length = this.readLength();
      if (inner && length !== inner) refuse("chord of several lengths");
      inner = length;
      pitches.push(pitch);
    }
    this.at++;
    if (!pitches.length) refuse("empty chord");
    this.readNote(from, pitches, inner / this.unit);
  }

  readNote(from, pitches, factor = 1) {
    let length = this.readLength() * factor * this.broken;
    const note = { from, to: this.at, length: 0, pitches: pitches[0] === null ? [] : pitches };
    note.isBroken = this.broken !== 1;
    this.broken = 1;
    if (this.tuplet) {
      note.isTuplet = true;
      length = (length * this.tuplet.factor[0]) / this.tuplet.factor[1];
      if (!--this.tuplet.left) this.tuplet = null;
    }
    if (!Number.isInteger(length)) refuse("length");
    note.length = length;
    if (this.tied) {
      if (String(this.tied.pitches) !== String(note.pitches)) refuse("tie");
      note.isTied = true;
      this.tied = null;
    }
    this.bar.notes.push(note);
    this.bar.length += length;
    this.last = note;
  }
}

function isBack(closing) { return closing.startsWith(":"); }
function isSectionEnd(closing) { return closing !== "|"; }

// Bars in the order in which they are played, and those that a repeat goes back to.
function playOrder(bars) {
  const order = [];
  const backs = new Set();
  let start = 0;
  let firstEnding = -1;
  let isRepeated = false;
  let hasSecond = false;
  for (let at = 0; at < bars.length; at++) {
    const bar = bars[at];
    if (bar.opening === "|:") {
      if (firstEnding >= 0 && !isRepeated) refuse("ending");
      start = at;
      firstEnding = -1;
      isRepeated = hasSecond = false;
    }
    if (bar.ending === 1) {
      if (firstEnding >= 0) refuse("ending");
      firstEnding = at;
    } else if (bar.ending === 2) {
      if (!isRepeated || hasSecond) refuse("ending");
      hasSecond = true;
    }
    order.push(at);
    if (isBack(bar.closing)) {
      if (isRepeated && firstEnding >= 0) refuse("repeat in a second ending");
      backs.add(start);
      const last = firstEnding >= 0 ? firstEnding - 1 : at;
      for (let again = start; again <= last; again++) order.push(again);
      if (firstEnding >= 0) {
        if (bars[at + 1]?.ending !== 2) refuse("ending");
        isRepeated = true;
      } else {
        start = at + 1;
      }
    } else if (isSectionEnd(bar.closing) && !(firstEnding >= 0 && !isRepeated)) {
      start = at + 1;
      firstEnding = -1;
      isRepeated = hasSecond = false;
    }
  }
  if (firstEnding >= 0 && !isRepeated) refuse("ending");
  return { order, backs };
}

// Every bar is full; where sections meet, the end of one and the upbeat of the next are one bar.
function checkBars(bars, order, full) {
  const upbeat = bars[0].length < full ? bars[0].length : 0;
  let filled = upbeat ? full - upbeat : 0;
  for (const [place, index] of order.entries()) {
    const bar = bars[index];
    filled += bar.length;
    if (filled === full) { filled = 0; continue; }
    const isEnd = place === order.length - 1;
    const meets = isEnd || isSectionEnd(bar.closing) || order[place + 1] !== index + 1;
    if (filled > full || !meets) refuse("bar");
    if (isEnd && filled + upbeat !== full) refuse("last bar");
  }
}

// Also what is written must be full: bars inside a section, whatever their neighbours.
function checkWritten(bars, full) {
  bars.forEach((bar, index) => {
    const isFirst = index === 0 || isSectionEnd(bars[index - 1].closing) || bar.opening || bar.ending;
    const isLast = isSectionEnd(bar.closing) || index === bars.length - 1;
    if (bar.length > full || (bar.length < full && !isFirst && !isLast)) refuse("bar");
  });
}

function playedNotes(bars, order) {
  const notes = [];
  let time = 0;
  for (const index of order) {
    let place = time;
    for (const note of bars[index].notes) {
      if (note.isTied && notes.length) notes.at(-1).length += note.length;
      else if (note.pitches.length) notes.push({ time: place, length: note.length, pitches: note.pitches, from: note.from });
      place += note.length;
    }
    time += bars[index].length;
  }
  return { notes, length: time };
}

// Reads a tune; throws Refused where it is not complete and in time.
function readTune(text) {
  if (!text.endsWith("\n\n")) refuse("not ended");
  const { fields, start } = readHeader(text);
  const full = meterTicks(fields.M);
  const unit = /^1\/(\d+)$/.exec(fields.L ?? "");
  if (!unit || !Number.isInteger(TICKS / unit[1])) refuse("unit");
  const body = new Body(text.replace(/\n+$/, "\n"), start, TICKS / unit[1], signature(fields.K));
  const bars = body.read();
  if (bars.length < 4) refuse("too short");
  checkWritten(bars, full);
  const { order, backs } = playOrder(bars);
  checkBars(bars, order, full);
  return { text, fields, start, full, bars, order, backs, ...playedNotes(bars, order) };
}

// Whether a text that is still being written may become a tune that readTune takes.
function mayBecomeTune(text) {
  try {
    const { fields, start } = readHeader(text);
    const body = new Body(text, start, TICKS / /^1\/(\d+)$/.exec(fields.L)[1], signature(fields.K));
    while (body.at < text.length) body.readOne();
    checkWritten(body.bars, meterTicks(fields.M));
    return true;
  } catch {
    return false;
  }
}

// The text with |: wherever a repeat goes back to, so that every program plays it alike.
function writeRepeats(tune) {
  let text = tune.text;
  for (const index of [...tune.backs].sort((a, b) => b - a)) {
    if (tune.bars[index].opening) continue;
    let at = index ? tune.bars[index - 1].end : tune.start;
    const ahead = /[ \t]*!?[ \t]*\n(?=[^\n])/y;
    ahead.lastIndex = at;
    if (index && ahead.test(text)) at = ahead.lastIndex;
    text = `${text.slice(0, at)}${text[at - 1] === "\n" ? "" : " "}|:${text.slice(at)}`;
  }
  return text;
}

// The tune for other programs: with a title and where it is from, without what stands for a network alone.
function publicText(tune, title, provenance) {
  const lines = tune.text.slice(0, tune.start).split("\n").filter((line) => /^[XRML]:/.test(line));
  if (title) lines.splice(1, 0, `T:${title}`);
  lines.push(`N:${provenance}`, `K:${tune.fields.K}`);
  return `${lines.join("\n")}\n${writeRepeats(tune).slice(tune.start).replace(/\n+$/, "\n")}`;
}

// The tune for the screen, so many bars a line; `places` has the offset of each note's `from`.
function layOut(tune, perLine) {
  let text = tune.text.slice(0, tune.start).split("\n").filter((line) => /^[XTRMLK]:/.test(line)).join("\n") + "\n";
  const places = new Map();
  let count = 0;
  tune.bars.forEach((bar, index) => {
    const next = tune.bars[index + 1];
    const raw = tune.text.slice(bar.from, bar.to);
    const lead = /^[\s!]*/.exec(raw)[0].length;
    const before = (bar.opening ? "|:" : "") + (bar.ending ? `[${bar.ending} ` : "");
    const start = text.length + before.length - bar.from - lead;
    for (const note of bar.notes) places.set(note.from, start + note.from);
    const closing = isBack(bar.closing) ? ":|" : next?.opening ? "|" : bar.closing;
    text += before + raw.slice(lead).replace(/!?\n/g, (end) => " ".repeat(end.length)).trimEnd() + closing;
    if (bar.length >= tune.full) count++;
    if (next && (count >= perLine || isSectionEnd(bar.closing))) { text += "\n"; count = 0; }
  });
  return { text: `${text}\n`, places };
}
