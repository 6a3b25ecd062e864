// Choosing on a score: bars by dragging, alternatives of a note by hovering, and both by keys.
// data.touch: {bars: bar of each written note (from 0), numbers: what these bars are called, names, bits: surprise of each or null,
//   alternatives: for each note [[offset, character, percent, others, [percents]], ...] or null,
//   editing: {chosen: number of a note, applied: number of the last change that was made} or null,
//   tints: a value from -1 to 1 for each note in the place of bits, or null, outside: numbers of notes beyond a range, selection: [first, last] or null, words}

const DRAG = 12; // pixels from which a press is a drag
const HOVER_MS = 350, PRESS_MS = 450, LEAVE_MS = 300;
const CALM_BITS = 1, HOT_BITS = 6; // ends of the tint: surprise in bits
const HOVER_REACH = 14;
const TELL_MS = 300, AGAIN_MS = 2500, MOST_TIMES = 20; // a change of a note: when it is told, and told again
const KEYS = "ArrowLeft ArrowRight Shift+ArrowLeft Shift+ArrowRight Enter Space ArrowDown Escape";

class Touch {
  constructor(score, send) {
    this.score = score;
    this.host = score.host;
    this.send = send;
    this.regions = this.host.querySelector(".musicgen-regions");
    this.alternatives = this.host.querySelector(".musicgen-alternatives");
    this.scale = this.host.querySelector(".musicgen-scale");
    this.teller = this.host.querySelector(".musicgen-teller");
    this.chosen = -1;
    this.listen();
  }

  listen() {
    const on = (target, kinds) => {
      for (const [kind, handler] of Object.entries(kinds)) target.addEventListener(kind, handler.bind(this));
    };
    on(this.score.paper, {
      pointerdown: this.press, pointermove: this.move, pointerup: this.release,
      pointercancel: this.cancel, pointerleave: this.leave, contextmenu: this.holdBack,
    });
    on(this.alternatives, { pointerenter: () => clearTimeout(this.closing), pointerleave: this.leave, click: this.take });
    on(this.host, { keydown: this.key, focusout: this.blur });
    new ResizeObserver(() => this.placeAgain()).observe(this.alternatives);
  }

  get data() { return this.score.data?.touch; }

  update() {
    const { data } = this;
    this.host.classList.toggle("is-touchable", !!data);
    if (!data) return;
    if (data.words.keys) {
      this.host.tabIndex = 0;
      this.host.setAttribute("role", "application");
      this.tellKeys(data.words.keys);
    }
    // A run that comes in between must not take back what a hand has chosen and the page not heard.
    if (!this.held?.isDrag && !this.untold) this.selection = data.selection;
    this.takeOver(data.editing);
    if (!this.isStillTrue()) this.closeAlternatives();
    this.scale.hidden = !data.bits && !data.tints;
    this.scale.classList.toggle("is-two-sided", !!data.tints);
    const [calm, , hot] = this.scale.children;
    calm.textContent = data.words.expected;
    hot.textContent = data.words.surprising;
    this.decorate();
  }

  // After the engraver: colours on the notes, and what lies behind them.
  decorate() {
    const { data } = this;
    this.regions.replaceChildren();
    for (const [start, end] of this.score.layout?.marks ?? []) {
      this.region("is-marked", (number, startChar) => startChar >= start && startChar < end);
    }
    if (!data || !this.score.layout) return;
    this.score.layout.notes.forEach((startChar, number) => {
      if (data.tints) this.shade(startChar, data.tints[number]);
      else this.tint(startChar, data.bits?.[number]);
    });
    this.drawSelection();
    if (data.editing) this.drawChosen();
    for (const one of data.outside) this.region("is-outside", (number) => number === one);
  }

  tint(startChar, bits) {
    const share = Math.min(1, Math.max(0, (bits - CALM_BITS) / (HOT_BITS - CALM_BITS)));
    for (const element of this.score.elements.get(startChar) ?? []) {
      element.classList.toggle("musicgen-tinted", bits !== undefined);
      element.style.setProperty("--surprise", `${Math.round(100 * share)}%`);
    }
  }

  // A value from -1 to 1 in one of two colours.
  shade(startChar, value) {
    for (const element of this.score.elements.get(startChar) ?? []) {
      element.classList.add("musicgen-tinted");
      element.classList.toggle("is-low", value < 0);
      element.style.setProperty("--surprise", `${Math.round(100 * Math.min(1, Math.abs(value)))}%`);
    }
  }

  drawSelection() {
    for (const old of this.regions.querySelectorAll(".is-selected")) old.remove();
    if (!this.selection) return;
    const [first, last] = this.selection;
    this.region("is-selected", (number) => this.data.bars[number] >= first && this.data.bars[number] <= last);
  }

  // A box around neighbours, one for each line of music.
  region(kind, holds) {
    const frame = this.host.getBoundingClientRect();
    let box;
    this.score.layout.notes.forEach((startChar, number) => {
      const drawn = this.score.elements.get(startChar);
      if (!drawn || !holds(number, startChar)) { box = undefined; return; }
      const staff = (drawn[0].closest(LINE) ?? drawn[0]).getBoundingClientRect();
      const boxes = drawn.map((element) => element.getBoundingClientRect());
      const left = Math.min(...boxes.map((one) => one.left)) - 6, right = Math.max(...boxes.map((one) => one.right)) + 6;
      if (!box || box.top !== staff.top) {
        box = { top: staff.top, left, element: document.createElement("div") };
        box.element.className = kind;
        this.regions.append(box.element);
      }
      Object.assign(box.element.style, {
        left: `${box.left - frame.left}px`, width: `${right - box.left}px`,
        top: `${staff.top - frame.top}px`, height: `${staff.height}px`,
      });
    });
  }

  // Dragging

  press(event) {
    if (event.pointerType !== "mouse") this.closeAlternatives();
    if (!this.data || this.data.tints || event.button) return;
    const note = this.noteAt(event, Infinity);
    if (note < 0) return;
    this.held = { x: event.clientX, y: event.clientY, bar: this.data.bars[note], event };
    if (event.shiftKey && this.selection) this.held.bar = this.selection[0];
    clearTimeout(this.opening);
    if (event.pointerType !== "mouse") {
      this.opening = setTimeout(() => this.hold(event), PRESS_MS);
    }
  }

  // A finger has rested. On a busy machine the timer may come before the moves that wait to be told:
  // the browser tells them with the next frame, before what that frame was asked for.
  hold(event) {
    const { held } = this;
    requestAnimationFrame(() => setTimeout(() => {
      if (!held || this.held !== held || held.isDrag) return;
      this.held = undefined;
      this.openForFinger(event);
    }, 0));
  }

  openForFinger(event) {
    this.quiet = true;
    this.openAlternatives(this.noteAt(event, 48));
  }

  move(event) {
    if (!this.data) return;
    if (!this.held) return this.hover(event);
    if (!this.held.isDrag) {
      const aside = Math.abs(event.clientX - this.held.x), along = Math.abs(event.clientY - this.held.y);
      if (Math.hypot(aside, along) < DRAG) return;
      clearTimeout(this.opening);
      // A finger that goes up or down scrolls the page, and chooses nothing however far it comes.
      if (event.pointerType !== "mouse" && along >= aside) { this.held = undefined; return; }
    }
    clearTimeout(this.opening);
    if (!this.held.isDrag) this.score.paper.setPointerCapture(event.pointerId);
    this.held.isDrag = true;
    this.closeAlternatives();
    const note = this.noteAt(event, Infinity);
    if (note < 0) return;
    const bar = this.data.bars[note];
    this.selection = [Math.min(bar, this.held.bar), Math.max(bar, this.held.bar)];
    this.drawSelection();
  }

  release(event) {
    clearTimeout(this.opening);
    const { held } = this;
    this.held = undefined;
    if (held?.isDrag) this.commit();
    else if (held && event.pointerType !== "mouse" && event.timeStamp - held.event.timeStamp >= PRESS_MS) {
      this.openForFinger(held.event); // it rested long enough; the page was too busy to see it in time
    } else if (held && event.shiftKey) {
      const bar = this.data.bars[this.noteAt(event, Infinity)];
      this.selection = [Math.min(bar, held.bar), Math.max(bar, held.bar)];
      this.commit();
    }
  }

  // The browser has taken the finger for something else, such as scrolling: all is as it was.
  cancel() {
    clearTimeout(this.opening);
    const wasDrag = this.held?.isDrag;
    this.held = undefined;
    if (!wasDrag) return;
    this.selection = this.data?.selection;
    this.drawSelection();
  }

  commit() {
    this.quiet = true; // the click that follows means no note
    setTimeout(() => { this.quiet = false; }, 50);
    this.drawSelection();
    this.send("selection", this.selection);
  }

  holdBack(event) {
    if (this.quiet || !this.alternatives.hidden) event.preventDefault();
  }

  // Whether a click is the end of something else, and means no note.
  swallows() {
    const { quiet } = this;
    this.quiet = false;
    return quiet;
  }

  noteAt(event, reach) {
    return this.score.layout?.notes.indexOf(this.score.nearest(event.clientX, event.clientY, reach)) ?? -1;
  }

  // What else it might have been

  hover(event) {
    if (event.pointerType !== "mouse") return;
    const note = this.noteAt(event, HOVER_REACH);
    if (note === this.hovered) return;
    this.hovered = note;
    clearTimeout(this.opening);
    if (note < 0) return this.leave();
    clearTimeout(this.closing);
    this.opening = setTimeout(() => this.openAlternatives(note), this.alternatives.hidden ? HOVER_MS : HOVER_MS / 2);
  }

  // A finger leaves whenever it is lifted: what it opened stays until it taps elsewhere.
  leave(event) {
    if (event && event.pointerType !== "mouse") return;
    clearTimeout(this.opening);
    clearTimeout(this.closing);
    this.closing = setTimeout(() => { this.hovered = undefined; this.closeAlternatives(); }, LEAVE_MS);
  }

  // Whether what is open says what would be said now: a page that ticks sends the same again and again.
  isStillTrue() {
    const { opened, data } = this;
    return !this.alternatives.hidden && !!opened && opened.name === data.names[opened.note]
      && opened.rows === JSON.stringify(data.alternatives?.[opened.note]);
  }

  closeAlternatives() {
    const hadFocus = this.alternatives.contains(document.activeElement);
    this.alternatives.hidden = true;
    if (hadFocus) this.host.focus({ preventScroll: true });
  }

  openAlternatives(note) {
    const rows = this.data?.alternatives?.[note];
    const drawn = this.score.elements.get(this.score.layout?.notes[note]);
    if (!rows?.length || !drawn) return;
    const { words } = this.data;
    const title = document.createElement("p");
    title.textContent = words.surprise.replace("{note}", this.data.names[note]).replace("{bits}", this.data.bits[note].toFixed(1));
    const hint = document.createElement("small");
    hint.textContent = words.take;
    this.alternatives.replaceChildren(title, ...rows.map((row) => this.alternativesRow(row)), hint);
    this.alternatives.setAttribute("aria-label", title.textContent);
    this.opened = { note, name: this.data.names[note], rows: JSON.stringify(rows) };
    this.alternatives.hidden = false;
    this.placeAlternatives(drawn[0].getBoundingClientRect());
  }

  alternativesRow([offset, character, percent, others, percents]) {
    const row = document.createElement("div");
    row.className = "musicgen-choice";
    const said = document.createElement("b");
    said.append(this.sign(character), this.percent(percent));
    row.append(said, ...[...others].map((other, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.offset = offset;
      button.dataset.character = other;
      button.append(this.sign(other), this.percent(percents[index]));
      return button;
    }));
    return row;
  }

  sign(character) {
    const { words } = this.data;
    return { " ": words.space, "\n": words.line_end }[character] ?? character;
  }

  percent(value) {
    const small = document.createElement("span");
    small.textContent = `${value < 1 ? "<1" : Math.round(value)} %`;
    return small;
  }

  // A font that comes late makes them wider: then they would stand beside the screen.
  placeAgain() {
    const drawn = this.opened && this.score.elements.get(this.score.layout?.notes[this.opened.note]);
    if (drawn && !this.alternatives.hidden) this.placeAlternatives(drawn[0].getBoundingClientRect());
  }

  placeAlternatives(note) {
    const frame = this.host.getBoundingClientRect();
    const { width, height } = this.alternatives.getBoundingClientRect();
    const left = Math.min(Math.max(0, note.left - frame.left - width / 3), Math.max(0, frame.width - width));
    const isRoom = note.bottom + 12 + height < innerHeight;
    const top = isRoom ? note.bottom - frame.top + 10 : note.top - frame.top - height - 10;
    Object.assign(this.alternatives.style, { left: `${left}px`, top: `${top}px` });
  }

  take(event) {
    const button = event.target.closest("button");
    if (!button) return;
    this.send("take", [Number(button.dataset.offset), button.dataset.character]);
    this.closeAlternatives();
  }

  // Keys

  // Told to everybody while the score has the focus, and to screen readers with its name.
  tellKeys(words) {
    const line = this.host.querySelector(".musicgen-score-keys");
    line.textContent = words;
    line.hidden = false;
    line.id ||= `musicgen-score-keys-${globalThis.musicgenKeys = (globalThis.musicgenKeys ?? 0) + 1}`;
    this.host.setAttribute("aria-describedby", line.id);
    this.host.setAttribute("aria-keyshortcuts", KEYS);
  }

  key(event) {
    if (this.data?.editing && event.target === this.host && this.editKey(event)) return;
    if (!this.data?.words.keys || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") { this.closeAlternatives(); return; }
    if (event.target !== this.host) return;
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const keys = {
      Enter: () => this.score.playFrom(this.chosen), " ": () => this.score.toggle(),
      ArrowDown: () => { this.openAlternatives(this.chosen); this.alternatives.querySelector("button")?.focus(); },
    };
    if (!step && !keys[event.key]) return;
    event.preventDefault();
    if (step) this.walk(step, event.shiftKey); else keys[event.key]();
  }

  walk(step, isSelecting) {
    const last = this.score.layout.notes.length - 1;
    const before = this.chosen;
    this.chosen = Math.min(last, Math.max(0, this.chosen + step));
    isSelecting &&= !this.data.tints;
    if (isSelecting) this.chosen = this.barEdge(Math.max(0, before), step);
    this.drawChosen();
    if (this.data.editing && !isSelecting) this.change("choose", this.chosen);
    this.teller.textContent = this.data.words.place
      .replace("{bar}", this.data.numbers[this.chosen]).replace("{note}", this.data.names[this.chosen]);
    if (isSelecting) this.extend();
  }

  // The first note of the next bar, or of the one before.
  barEdge(note, step) {
    const { bars } = this.data;
    const wanted = Math.min(bars.at(-1), Math.max(0, bars[note] + (this.selection ? step : 0)));
    const found = bars.findIndex((bar) => bar >= wanted);
    return found < 0 ? note : found;
  }

  extend() {
    const bar = this.data.bars[this.chosen];
    this.anchor = this.selection ? this.anchor ?? this.selection[0] : bar;
    this.selection = [Math.min(bar, this.anchor), Math.max(bar, this.anchor)];
    this.drawSelection();
    clearTimeout(this.untold);
    this.untold = setTimeout(() => { // when the keys rest
      this.untold = 0;
      this.send("selection", this.selection);
    }, 600);
  }

  drawChosen() {
    for (const old of this.regions.querySelectorAll(".is-chosen")) old.remove();
    this.region("is-chosen", (number) => number === this.chosen);
  }

  // Changing notes. A change is told again, and with those after it, until the page says that it was
  // made: of two messages at once the page may see the later one alone, and one may be lost.

  takeOver(editing) {
    this.pending = (editing && this.pending || []).filter(([number]) => number > editing.applied);
    if (editing && !this.pending.length) this.chosen = editing.chosen;
  }

  // A click on a note chooses it, and plays nothing.
  chooses(event) {
    const note = this.data?.editing ? this.noteAt(event, 48) : -1;
    if (note < 0) return false;
    this.chosen = note;
    this.drawChosen();
    this.change("choose", note);
    this.host.focus({ preventScroll: true });
    return true;
  }

  editKey(event) {
    const isControl = event.ctrlKey || event.metaKey;
    const upright = event.shiftKey ? "sharper" : isControl ? "octave up" : "up";
    const downward = event.shiftKey ? "flatter" : isControl ? "octave down" : "down";
    const kinds = isControl && /^[zy]$/i.test(event.key)
      ? { [event.key]: event.shiftKey || event.key.toLowerCase() === "y" ? "redo" : "undo" }
      : { ArrowUp: upright, ArrowDown: downward, "+": "longer", "=": "longer", "-": "shorter",
          Delete: "delete", Backspace: "delete", Insert: "insert", i: "insert", I: "insert" };
    const kind = kinds[event.key];
    if (!kind || event.altKey || (isControl && !/^(Arrow|[zyZY]$)/.test(event.key))) return false;
    event.preventDefault();
    this.change(kind, Math.max(0, this.chosen));
    return true;
  }

  change(kind, note) {
    this.serial = Math.max(this.serial ?? 0, this.data.editing.applied) + 1;
    if (kind === "choose" && this.pending.at(-1)?.[1] === "choose") this.pending.pop();
    this.pending.push([this.serial, kind, note]);
    clearTimeout(this.telling);
    if (kind === "choose") this.telling = setTimeout(() => this.tell(), TELL_MS); else this.tell();
  }

  tell(times = 0) {
    clearTimeout(this.again);
    if (!this.pending.length || times > MOST_TIMES) return;
    this.send("changes", [...this.pending]);
    this.again = setTimeout(() => this.tell(times + 1), AGAIN_MS);
  }

  blur(event) {
    if (!this.host.contains(event.relatedTarget)) this.leave();
  }
}
