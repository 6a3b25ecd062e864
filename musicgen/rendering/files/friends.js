// The page for friends: a list to search, one tune as a score, and a plucked string that plays it.
"use strict";
(() => {
  const book = JSON.parse(document.getElementById("book").textContent);
  const at = (id) => document.getElementById(id);
  // A telephone shows half as many bars in a line, as large as they are on paper.
  const narrow = matchMedia("(max-width: 40rem)");
  let current = 0, queue = [], place = 0, context = null, playing = [], timer = 0;

  function row(words, small, open) {
    const button = document.createElement("button");
    button.textContent = words + " ";
    const facts = document.createElement("small");
    facts.textContent = small;
    button.append(facts);
    button.addEventListener("click", open);
    const item = document.createElement("li");
    item.append(button);
    return item;
  }

  function list() {
    const words = at("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (text) => words.every((word) => text.toLowerCase().includes(word));
    at("sets").replaceChildren(...book.sets.filter((one) => fits(one.name)).map((one) =>
      row(one.name, one.parts.map(([place, how]) => book.tunes[place].title + how).join(" / "),
        () => openPart(one.parts, 0))));
    at("tunes").replaceChildren(...book.tunes
      .map((tune, number) => [tune, number])
      .filter(([tune]) => fits(`${tune.title} ${tune.facts} ${tune.tags}`))
      .map(([tune, number]) => row(tune.title, tune.facts, () => { queue = []; open(number, 0); })));
  }

  function draw() {
    const tune = book.tunes[current], steps = Number(at("transpose").value);
    at("title").textContent = tune.title;
    const part = queue.length ? ` · ${place + 1}/${queue.length}${queue[place][1]}` : "";
    at("facts").textContent = tune.facts + part;
    at("abc").textContent = tune.abc;
    ABCJS.renderAbc("score", narrow.matches ? tune.narrow : tune.score, {
      responsive: "resize", visualTranspose: steps, add_classes: true, afterParsing: withPlainKeys,
      staffwidth: Math.max(300, Math.min(900, at("tune").clientWidth - 20)),
    });
    for (const title of document.querySelectorAll("#score text.abcjs-title")) { // in one line, however long
      const room = title.ownerSVGElement.viewBox.baseVal.width, { width } = title.getBBox();
      if (room && width > room) title.style.fontSize = `${0.98 * parseFloat(getComputedStyle(title).fontSize) * room / width}px`;
    }
  }

  // A tune of a set: in the key in which it is played there.
  function openPart(parts, number) {
    queue = parts;
    place = number;
    open(parts[number][0], parts[number][2]);
  }

  function open(number, steps) {
    stop();
    current = number;
    at("transpose").value = String(steps);
    at("list").hidden = true;
    at("tune").hidden = false;
    draw();
    window.scrollTo(0, 0);
  }

  function step(by) {
    const count = queue.length || book.tunes.length;
    const where = ((queue.length ? place : current) + by + count) % count;
    if (queue.length) openPart(queue, where); else open(where, 0);
  }

  const strings = new Map();
  function pluck(pitch) { // K. Karplus and A. Strong, 1983
    if (strings.has(pitch)) return strings.get(pitch);
    const rate = context.sampleRate, period = Math.round(rate / (440 * 2 ** ((pitch - 69) / 12)));
    const buffer = context.createBuffer(1, rate * 2, rate), data = buffer.getChannelData(0);
    for (let n = 0; n < data.length; n += 1) {
      data[n] = n < period ? Math.random() * 2 - 1
        : 0.498 * (data[n - period] + data[n - period - (n > period ? 1 : 0)]);
    }
    strings.set(pitch, buffer);
    return buffer;
  }

  function play() {
    context ??= new AudioContext();
    context.resume();
    const speed = Number(at("speed").value), steps = Number(at("transpose").value);
    const begin = context.currentTime + 0.15, notes = book.tunes[current].notes;
    let last = 0;
    for (const [pitch, onset, length] of notes) {
      const source = context.createBufferSource(), gain = context.createGain();
      const start = begin + onset / 1000 / speed, end = start + length / 1000 / speed;
      source.buffer = pluck(pitch + steps);
      gain.gain.setValueAtTime(0.4, start);
      gain.gain.setTargetAtTime(0, end, 0.04);
      source.connect(gain).connect(context.destination);
      source.start(start);
      source.stop(end + 0.3);
      playing.push(source);
      last = Math.max(last, end);
    }
    show(true);
    timer = setTimeout(stop, (last - context.currentTime) * 1000 + 300);
  }

  function stop() {
    clearTimeout(timer);
    for (const source of playing) { try { source.stop(); } catch { /* it has ended */ } }
    playing = [];
    show(false);
  }

  function show(isPlaying) {
    at("play").textContent = isPlaying ? book.words.stop : book.words.play;
    at("play").setAttribute("aria-pressed", String(isPlaying));
  }

  for (let steps = -12; steps <= 12; steps += 1) {
    const option = document.createElement("option");
    option.value = String(steps);
    option.textContent = steps > 0 ? `+${steps}` : String(steps);
    at("transpose").append(option);
  }
  narrow.addEventListener("change", () => { if (!at("tune").hidden) draw(); });
  at("search").addEventListener("input", list);
  at("back").addEventListener("click", () => { stop(); at("list").hidden = false; at("tune").hidden = true; });
  at("play").addEventListener("click", () => (playing.length ? stop() : play()));
  at("previous").addEventListener("click", () => step(-1));
  at("next").addEventListener("click", () => step(1));
  at("speed").addEventListener("change", () => { if (playing.length) { stop(); play(); } });
  at("transpose").addEventListener("change", () => { stop(); draw(); });
  at("print").addEventListener("click", () => window.print());
  list();
})();
