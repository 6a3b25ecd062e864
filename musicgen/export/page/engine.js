// Composing: the engine in WebAssembly, the random generator, titles, and drawing until a tune is right.

const MOST_CHARACTERS = 1500;
const MOST_DRAWINGS = 200;
const TITLE_STREAM = 2n;
const NEXT_STREAM = 3n;
const SEEDS = 2 ** 31;
const LOG2_E = 1.4426950408889634;
const PAUSE_CHARACTERS = 24;
const MASK = (1n << 64n) - 1n;

class Pcg32 {
  constructor(seed, stream) {
    this.step = ((stream << 1n) | 1n) & MASK;
    this.state = 0n;
    this.next();
    this.state = (this.state + BigInt(seed)) & MASK;
    this.next();
  }

  next() {
    const old = this.state;
    this.state = (old * 6364136223846793005n + this.step) & MASK;
    const mixed = Number((((old >> 18n) ^ old) >> 27n) & 0xffffffffn);
    const turn = Number(old >> 59n);
    return ((mixed >>> turn) | (mixed << (-turn & 31))) >>> 0;
  }

  below(count) { return Number((BigInt(this.next()) * BigInt(count)) >> 32n); }
}

// The seed that is drawn with where the tune of a seed is refused.
function nextSeed(seed) { return new Pcg32(seed, NEXT_STREAM).next() % SEEDS; }

function sharpness(temperature) { return Math.floor((LOG2_E / temperature) * 65536 + 0.5); }

function foldTitle(title) {
  const words = title.toLowerCase().replace(/['’]/g, "").match(/[\p{L}\p{N}_]+/gu) ?? [];
  return words.filter((word) => !["the", "a", "an"].includes(word)).join(" ");
}

// titles: { chain: {word: [word]}, taken: [folded], dangling: [word], rhythms: {word: name} }
function drawTitle(titles, rhythm, seed) {
  if (!titles.chain[""]) return "";
  const luck = new Pcg32(seed, TITLE_STREAM);
  for (let draw = 0; draw < 200; draw++) {
    const words = [];
    while (words.length <= titles.most) {
      const after = titles.chain[words.at(-1) ?? ""] ?? [""];
      const word = after[luck.below(after.length)];
      if (!word) break;
      words.push(word);
    }
    if (isGoodTitle(titles, words, rhythm) && !titles.taken.has(foldTitle(words.join(" ")))) return words.join(" ");
  }
  return "";
}

function isGoodTitle(titles, words, rhythm) {
  const folded = words.map((word) => word.toLowerCase().replace(/^\.+|\.+$/g, ""));
  if (words.length < 2 || words.length > titles.most || titles.dangling.has(folded.at(-1))) return false;
  if (new Set(folded).size !== folded.length) return false;
  const singular = new Set(folded.map((word) => word.replace(/s$/, "")));
  const named = Object.entries(titles.rhythms).filter(([word]) => singular.has(word)).map(([, name]) => name);
  return !named.length || !rhythm || named.includes(rhythm);
}

class Composer {
  // network: the file of numbers; model: {name, fingerprint, titles}
  constructor(instance, network, model) {
    this.engine = instance.exports;
    this.model = model;
    const start = this.engine.room();
    const { memory } = this.engine;
    const missing = start + network.byteLength - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    new Uint8Array(memory.buffer, start, network.byteLength).set(network);
    if (!this.engine.open()) throw new Error("network");
    this.titles = { ...model.titles, taken: new Set(model.titles.taken), dangling: new Set(model.titles.dangling) };
  }

  // The text of a seed, as the network writes it; pauses so that a later wish is heard.
  async write(seed, temperature, isWanted, onText, isStrict) {
    const prompt = new Uint8Array(this.engine.memory.buffer, this.engine.prompt_room(), 1);
    prompt[0] = 0;
    this.engine.begin(seed, sharpness(temperature), MOST_CHARACTERS);
    let text = "";
    for (let count = 1; ; count++) {
      const letter = this.engine.next();
      if (letter < 0) return text;
      text += String.fromCharCode(letter);
      if (isStrict && letter === 10 && text.includes("\nK:") && !text.endsWith("\n\n") && !mayBecomeTune(text)) return null;
      if (count % PAUSE_CHARACTERS === 0) {
        onText(text);
        await pause();
        if (!isWanted()) return null;
      }
    }
  }

  // The first right tune from a seed on.
  async compose(asked, temperature, isWanted = () => true, onText = () => {}) {
    let seed = asked;
    for (let drawing = 1; drawing <= MOST_DRAWINGS; drawing++) {
      const text = await this.write(seed, temperature, isWanted, onText, true);
      if (!isWanted()) return null;
      if (text !== null) {
        try {
          return this.finish(readTune(text), asked, seed, temperature, drawing);
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
        }
      }
      seed = nextSeed(seed);
    }
    return null;
  }

  finish(tune, asked, seed, temperature, drawings) {
    const title = this.model.isDescribed ? drawTitle(this.titles, (tune.fields.R ?? "").toLowerCase(), seed) : tune.fields.T ?? "";
    const settings = { temperature, top_k: 0, top_p: 1, prompt: "", max_new_tokens: MOST_CHARACTERS, free: true, precision: "fixed" };
    const provenance = `musicgen checkpoint=${this.model.name} fingerprint=${this.model.fingerprint} seed=${seed} settings=${JSON.stringify(settings)}`;
    const abc = publicText(tune, title, provenance);
    return { asked, seed, temperature, drawings, title, composed: tune.text, abc, tune: readTune(`${abc}\n`) };
  }
}

// Lets messages through: faster than a timer, which waits for some milliseconds.
function pause() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { port1.close(); resolve(); };
    port2.postMessage(0);
  });
}
