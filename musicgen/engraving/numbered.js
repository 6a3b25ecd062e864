// Numbered notation (jianpu, 简谱), drawn by abc2svg and its module jianpu, in a browser and outside
// of one. Its strings of SVG are not to be trusted: what a tune says is among them.

const QUARTER = 384; // in the lengths of abc2svg

// The lines of a tune as SVG, the words above the music first where there are any. What belongs to a
// note bears data-start, where it begins in the text.
//   width: of a line, in pixels; scale: of the signs, 1 for digits of 15 pixels
function drawNumbered(abc2svg, text, width, scale) {
  if (!abc2svg.musicgenHook) {
    abc2svg.musicgenHook = (abc) => { abc.output_music = nameTonics.bind(undefined, abc2svg, abc, abc.output_music); };
    abc2svg.modules.hooks.unshift(abc2svg.musicgenHook); // before that of jianpu, which then comes around it
  }
  const lines = [];
  const abc = new abc2svg.Abc({ img_out: (svg) => lines.push(svg), errmsg() {}, read_file: () => "" });
  abc.tosvg("format", [
    "jianpu 1", "fullsvg 1", `pagewidth ${width}px`, "leftmargin 0", "rightmargin 0", `pagescale ${scale}`,
    "topspace 0", "musicspace 4", "stretchlast 0.7", "textfont serif 14", "titlefont serif 16",
    "composerfont serif italic 12", "measurenb -1",
    "deco dot 0 wedge 8 3 3", "deco staccato 0 wedge 8 3 3", // a dot above is the octave: a wedge (顿音)
  ].map((one) => `%%${one}\n`).join(""));
  const draw = abc.draw_symbols;
  abc.draw_symbols = (voice) => markNotes(abc2svg, abc, draw, voice);
  abc.tosvg("tune", withoutClefs(text));
  return lines.filter((line) => line.includes("<svg"));
}

// A clef says nothing about numbers; blanks in its place keep every offset.
function withoutClefs(text) {
  return text.replace(/^K:.*$|\[K:[^\]]*\]/gm, (field) => field.replace(/\bclef=[^\s\]]+/g, (clef) => " ".repeat(clef.length)));
}

// The key as players of jianpu write it: which note is 1, whatever the mode; 2/2 in place of C|.
function nameTonics(abc2svg, abc, output) {
  const { C, jianpu } = abc2svg;
  const named = (sharps) => `1=${jianpu.k_tb[sharps + 7].replace(/^(.)b$/, "♭$1").replace(/^(.)#$/, "♯$1")}`;
  for (let sign = abc.get_tsfirst(); sign; sign = sign.ts_next) {
    if (sign.type === C.BLOCK && /^[1-7]=/.test(sign.text ?? "")) {
      const signs = sign.p_v.meter.a_meter.map((one) => one.top).join("");
      const meter = { C: " 4/4", "C|": " 2/2" }[signs] ?? sign.text.replace(/^\S+/, "");
      sign.text = named(sign.p_v.key.k_sf) + meter;
    } else if (sign.type === C.KEY) {
      // With the first note in the new key: it may be on the next line. Above what is there, a bracket
      // over an ending too, where abc2svg's own place would be cut off.
      let note = sign.next;
      while (note && note.type !== C.NOTE && note.type !== C.REST) note = note.next;
      let before = note?.prev;
      while (before && before.type !== C.BAR && before.type !== C.NOTE) before = before.prev;
      const blank = before?.type === C.BAR && before.text ? "\u2003" : ""; // the number of an ending
      for (const words of note ? sign.a_gch ?? [] : []) {
        Object.assign(words, { text: blank + named(sign.k_sf), type: "^", pos: C.SL_ABOVE });
        (note.a_gch ??= []).push(words);
      }
      sign.a_gch = null;
    }
  }
  output();
}

// The digits are written in the order of the notes, and what belongs to a digit behind it. The first
// meter is in the words above, and not drawn again.
function markNotes(abc2svg, abc, draw, voice) {
  const { C } = abc2svg;
  const starts = [];
  const add = (sign, start) => { for (let head = 0; head <= (sign.nhd ?? 0); head++) starts.push(start); };
  for (let sign = voice.sym; sign; sign = sign.next) {
    if (sign.type === C.METER && !sign.time) sign.invis = true;
    if (sign.invis) continue;
    if (sign.type === C.NOTE || sign.type === C.REST) add(sign, sign.noplay ? undefined : sign.istart);
    if (sign.type === C.GRACE) for (let grace = sign.extra; grace; grace = grace.next) add(grace);
  }
  const write = abc.out_svg;
  let number = -1;
  abc.out_svg = (piece) => {
    if (piece.startsWith('<text class="fj"')) number++;
    const start = starts[number];
    write(start === undefined ? piece : piece.replace(/^<text/, `<text data-start="${start}"`));
  };
  const join = partBeats(C, voice);
  try { draw(voice); } finally { abc.out_svg = write; join(); }
}

// Lines below the digits end with each beat, and where a beam of the tune ends: abc2svg draws them on
// to the next short note, until a sign without flags comes. One is put there while it draws.
function partBeats(C, voice) {
  const signs = [];
  const isShort = (sign) => (sign.type === C.NOTE || sign.type === C.REST) && sign.nflags > 0;
  let beat = beatOf(voice.meter), begin = 0, isOpen = true; // begin: of the bar
  for (let sign = voice.sym; sign; sign = sign.next) {
    if (sign.type === C.METER) beat = beatOf(sign);
    if (sign.type === C.BAR) { begin = sign.time; isOpen = false; }
    if (isOpen && sign.type !== C.BAR) begin = beginOf(C, sign, voice.meter);
    if (isOpen && (sign.type === C.NOTE || sign.type === C.REST)) isOpen = false;
    if (!isShort(sign) || !sign.next || !isShort(sign.next)) continue;
    const isBeat = beat && (sign.time + sign.dur - begin) % beat === 0;
    if (isBeat || sign.beam_end) signs.push(sign);
  }
  for (const sign of signs) sign.next = { type: -1, invis: true, nflags: 0, prev: sign, next: sign.next };
  return () => { for (const sign of signs) sign.next = sign.next.next; };
}

// A beat in the lengths of abc2svg: a quarter, or three eighths; 0 where the meter has none that is known.
function beatOf(meter) {
  const { top, bot } = meter?.a_meter?.[0] ?? {};
  if (top === "C" || top === "C|" || top === "c" || top === "c|") return QUARTER;
  const count = Number(top);
  if (Number(bot) === 8) return count % 3 ? 0 : 1.5 * QUARTER;
  return Number(bot) <= 4 && Number(bot) > 0 && count ? QUARTER : 0;
}

// Where the bar of the first sign would begin if it were whole: a line may begin with a pickup.
function beginOf(C, first, meter) {
  let end = first;
  while (end && end.type !== C.BAR) end = end.next;
  return end && meter?.wmeasure ? end.time - meter.wmeasure : first.time;
}
