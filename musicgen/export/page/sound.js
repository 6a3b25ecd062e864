// Sound: a plucked string of seven harmonics in a small room; WAV and MIDI files.

const RATE = 44100;
const TAIL_S = 1.6;
const QUARTERS = { reel: 200, jig: 165, "slip jig": 165, slide: 180, hornpipe: 160, polka: 120, waltz: 140,
  march: 150, strathspey: 125, air: 100, "set dance": 140, barndance: 150, mazurka: 140, fling: 140 };
const METER_QUARTERS = { "6/8": 165, "9/8": 165, "12/8": 180, "3/8": 150, "2/4": 115, "3/4": 135, "C|": 190 };

// Quarter notes a minute, as the dance has it.
function tempo(fields) {
  const rhythm = (fields.R ?? "").toLowerCase();
  if (fields.M === "2/4" && rhythm !== "polka") return METER_QUARTERS["2/4"];
  return QUARTERS[rhythm] ?? METER_QUARTERS[fields.M] ?? 170;
}

function secondsPerTick(tune) { return 240 / tempo(tune.fields) / TICKS; }

// Notes in seconds.
function timedNotes(tune) {
  const scale = secondsPerTick(tune);
  return tune.notes.map((note) => ({ ...note, time: note.time * scale, length: note.length * scale }));
}

function pluck(mono, start, length, pitch, strength) {
  const frequency = 440 * 2 ** ((pitch - 69) / 12);
  const release = Math.min(start + Math.round((length + 0.03) * RATE), mono.length);
  const end = Math.min(release + Math.round(0.25 * RATE), mono.length);
  for (let harmonic = 1; harmonic <= 7; harmonic++) {
    const step = (2 * Math.PI * frequency * harmonic * Math.sqrt(1 + 2e-4 * harmonic * harmonic)) / RATE;
    if (step > 2.6) break;
    const fall = Math.exp(-1 / (RATE * (1.5 / harmonic ** 0.7) * (440 / frequency) ** 0.35));
    const damped = Math.exp(-1 / (RATE * 0.05));
    let amplitude = (strength * Math.sin(harmonic * 0.55 + 0.5)) / harmonic ** 1.25;
    const turn = 2 * Math.cos(step);
    let before = Math.sin(-step);
    let now = 0;
    for (let at = start; at < end; at++) {
      mono[at] += amplitude * now * Math.min(1, (at - start) / 60);
      amplitude *= at < release ? fall : damped;
      const next = turn * now - before;
      before = now;
      now = next;
    }
  }
}

// Two ears in a small room: eight echoes that feed themselves.
function room(mono) {
  return [[1557, 1617, 1491, 1422], [1580, 1640, 1514, 1445]].map((delays, side) => {
    const out = Float32Array.from(mono);
    for (const delay of delays) {
      const ring = new Float32Array(delay);
      let place = 0;
      let soft = 0;
      for (let at = 0; at < mono.length; at++) {
        const heard = ring[place];
        soft = heard * 0.7 + soft * 0.3;
        ring[place] = mono[at] * 0.25 + soft * 0.8;
        place = place + 1 === delay ? 0 : place + 1;
        out[at] += heard * (side ? 0.13 : 0.12);
      }
    }
    return out;
  });
}

// Left and right of a tune.
function renderSound(tune) {
  const notes = timedNotes(tune);
  const total = tune.length * secondsPerTick(tune) + TAIL_S;
  const mono = new Float32Array(Math.ceil(total * RATE));
  const barS = tune.full * secondsPerTick(tune);
  for (const note of notes) {
    const isBeat = Math.abs(note.time / barS - Math.round(note.time / barS)) < 0.01;
    for (const pitch of note.pitches) pluck(mono, Math.round(note.time * RATE), note.length, pitch, isBeat ? 1 : 0.8);
  }
  const sides = room(mono);
  let peak = 1e-9;
  for (const side of sides) for (let at = 0; at < side.length; at++) peak = Math.max(peak, Math.abs(side[at]));
  for (const side of sides) for (let at = 0; at < side.length; at++) side[at] *= 0.89 / peak;
  return sides;
}

function wavFile(sides) {
  const frames = sides[0].length;
  const view = new DataView(new ArrayBuffer(44 + frames * 4));
  const word = (at, text) => [...text].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  word(0, "RIFF"); view.setUint32(4, 36 + frames * 4, true); word(8, "WAVEfmt "); view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); view.setUint16(22, 2, true); view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 4, true); view.setUint16(32, 4, true); view.setUint16(34, 16, true);
  word(36, "data"); view.setUint32(40, frames * 4, true);
  for (let at = 0; at < frames; at++) {
    view.setInt16(44 + at * 4, Math.round(sides[0][at] * 32767), true);
    view.setInt16(46 + at * 4, Math.round(sides[1][at] * 32767), true);
  }
  return new Uint8Array(view.buffer);
}

// A number in groups of seven bits, as MIDI writes it.
function groups(number) {
  const bytes = [number & 127];
  for (let rest = number >> 7; rest; rest >>= 7) bytes.unshift((rest & 127) | 128);
  return bytes;
}

function midiFile(tune, title) {
  const quarter = 480;
  const scale = (4 * quarter) / TICKS;
  const text = (kind, words) => [0, 0xff, kind, ...groups(words.length), ...new TextEncoder().encode(words)];
  const beat = Math.round(60e6 / tempo(tune.fields));
  const track = [0, 0xff, 0x51, 3, (beat >> 16) & 255, (beat >> 8) & 255, beat & 255, ...text(3, title), 0, 0xc0, 46];
  const events = tune.notes.flatMap((note) => note.pitches.flatMap((pitch) => [
    [Math.round(note.time * scale), 1, [0x90, pitch, 90]],
    [Math.round((note.time + note.length * 0.95) * scale), 0, [0x80, pitch, 0]],
  ])).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let now = 0;
  for (const [time, , bytes] of events) { track.push(...groups(time - now), ...bytes); now = time; }
  track.push(0, 0xff, 0x2f, 0);
  const size = (value, count) => Array.from({ length: count }, (_, at) => (value >> (8 * (count - 1 - at))) & 255);
  return new Uint8Array([0x4d, 0x54, 0x68, 0x64, ...size(6, 4), ...size(0, 2), ...size(1, 2), ...size(quarter, 2),
    0x4d, 0x54, 0x72, 0x6b, ...size(track.length, 4), ...track]);
}
