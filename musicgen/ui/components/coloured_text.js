// Text with a colour for each character; arcs lead from a chosen one to earlier ones.
// data: {spans: [[character, -100..100], ...], scale, low, high, chosen: place or -1, links: [[place, 0..1], ...],
//        audio: selector or "", moments: [[place, onset_s, duration_s], ...], label, canChoose, lineEnd}

const SVG = "http://www.w3.org/2000/svg";
const texts = globalThis.musicgenColoured ??= new WeakMap();

class ColouredText {
  constructor(host) {
    this.host = host;
    this.body = host.querySelector(".musicgen-coloured-body");
    this.pre = host.querySelector("pre");
    this.svg = host.querySelector("svg");
    this.scale = host.querySelector(".musicgen-coloured-scale");
    this.pre.addEventListener("click", (event) => this.click(event));
    this.resizing = new ResizeObserver(() => this.link());
    this.resizing.observe(this.body);
    this.frame = requestAnimationFrame(() => this.follow());
  }

  update(data) {
    const letters = data.spans.map(([character]) => character).join("");
    if (letters !== this.letters) this.write(data.spans);
    this.letters = letters;
    this.data = data;
    this.pre.setAttribute("role", "img");
    this.pre.setAttribute("aria-label", data.label);
    this.pre.classList.toggle("can-choose", data.canChoose);
    data.spans.forEach(([character, shade], place) => this.paint(this.spans[place], character, shade));
    this.scale.hidden = !data.high;
    this.scale.classList.toggle("is-one-sided", !data.low);
    const [low, , high] = this.scale.children;
    low.textContent = data.low || "0";
    high.textContent = data.high;
    this.link();
  }

  write(spans) {
    this.lit = undefined;
    this.spans = spans.map(([character], place) => {
      const span = document.createElement("span");
      span.textContent = character === "\n" ? "⏎\n" : character;
      span.dataset.place = place;
      return span;
    });
    this.pre.replaceChildren(...this.spans);
  }

  paint(span, character, shade) {
    span.style.setProperty("--shade", `${Math.abs(shade) * 0.6}%`);
    span.className = shade < 0 ? "is-low" : "is-high";
    const name = character === "\n" ? this.data.lineEnd : character;
    span.title = `${name}  ${(shade / 100 * this.data.scale).toFixed(2)}`;
  }

  // Arcs over the text, from the chosen character back to what it is linked with.
  link() {
    if (!this.data || !this.spans?.length) return;
    const { chosen, links } = this.data;
    this.svg.replaceChildren();
    this.spans.forEach((span, place) => span.classList.toggle("is-chosen", place === chosen));
    for (const span of this.pre.querySelectorAll(".is-linked")) span.classList.remove("is-linked");
    if (!this.spans[chosen]) return;
    const frame = this.body.getBoundingClientRect();
    const middle = (span) => {
      const box = span.getClientRects()[0] ?? span.getBoundingClientRect();
      return { x: box.left + box.width / 2 - frame.left, y: box.top - frame.top };
    };
    const to = middle(this.spans[chosen]);
    for (const [place, share] of links) {
      if (!this.spans[place]) continue;
      this.spans[place].classList.add("is-linked");
      const from = middle(this.spans[place]);
      const rise = 14 + Math.min(60, Math.hypot(to.x - from.x, to.y - from.y) / 5);
      const path = document.createElementNS(SVG, "path");
      const top = Math.min(from.y, to.y) - rise;
      path.setAttribute("d", `M ${to.x} ${to.y + 3} Q ${(from.x + to.x) / 2} ${top} ${from.x} ${from.y + 3}`);
      path.style.strokeWidth = 1.25 + 3 * share;
      const dot = document.createElementNS(SVG, "circle");
      for (const [name, value] of Object.entries({ cx: from.x, cy: from.y + 3, r: 3 + 2 * share })) dot.setAttribute(name, value);
      this.svg.append(path, dot);
    }
  }

  click(event) {
    const place = event.target.closest("span")?.dataset.place;
    if (this.data?.canChoose && place !== undefined) this.send("place", Number(place));
  }

  follow() {
    this.frame = requestAnimationFrame(() => this.follow());
    if (!this.data?.audio) return;
    if (!this.player?.isConnected) this.player = document.querySelector(this.data.audio);
    const audio = this.player;
    const now = audio && !audio.paused && !audio.ended ? audio.currentTime : -1;
    const sounding = now < 0 ? undefined : this.data.moments.findLast(([, onset]) => onset <= now)?.[0];
    if (sounding === this.sounding) return;
    this.sounding = sounding;
    this.lit?.classList.remove("is-sounding");
    this.lit = this.spans[sounding];
    this.lit?.classList.add("is-sounding");
  }

  stop() {
    cancelAnimationFrame(this.frame);
    this.resizing.disconnect();
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const host = parentElement.querySelector(".musicgen-coloured");
  let text = texts.get(host);
  if (!text) texts.set(host, text = new ColouredText(host));
  text.send = setTriggerValue;
  text.update(data);
  // Streamlit ends a call that a later one has overtaken, though the component lives on.
  return () => { if (!host.isConnected) { text.stop(); texts.delete(host); } };
}
