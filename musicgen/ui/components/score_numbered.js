// Numbered notation on a score: what abc2svg drew, copied element by element, for a tune may say anything.

const DIGITS = 1.3; // size of the signs
const KEPT_TAGS = new Set(["svg", "g", "defs", "path", "circle", "use", "text", "tspan"]);
const NUMBERS = /^[-\d., \t\nemx]*$/;
const KEPT_ATTRIBUTES = {
  x: NUMBERS, y: NUMBERS, dx: NUMBERS, dy: NUMBERS, cx: NUMBERS, cy: NUMBERS, r: NUMBERS, viewBox: NUMBERS,
  d: /^[-\d.,\sa-z]*$/i, transform: /^[-\d., a-z()]*$/, "text-anchor": /^\w+$/, class: /^[\w ]*$/, "data-start": /^\d+$/,
};
const SPACE = "http://www.w3.org/2000/svg", LINK = "http://www.w3.org/1999/xlink";
const OWN_SIGNS = "musicgen-signs"; // the font of abc2svg, under a name of ours

class NumberedPaper {
  constructor(paper) { this.paper = paper; }

  // The elements of each note by where its element begins in the text, as abcjs counts.
  draw(layout) {
    const lines = globalThis.musicgenNumbered(layout.abc, layout.staff_width, DIGITS);
    this.paper.replaceChildren(...lines.map((line) => this.copyLine(line)));
    return this.collect(layout.notes);
  }

  copyLine(text) {
    this.fonts = new Map([...text.matchAll(/\.(f\w+)\{font:([^}]*)\}/g)].map((found) => [found[1], found[2]]));
    this.loadSigns(text);
    const bare = text.replace(/<style>[^]*?<\/style>/, "");
    const line = this.copy(new DOMParser().parseFromString(bare, "image/svg+xml").documentElement, "24px music");
    if (!line) return "";
    line.setAttribute("width", "100%");
    line.classList.add("musicgen-numbered");
    if (line.querySelector("[data-start]")) line.classList.add("musicgen-line");
    return line;
  }

  loadSigns(text) {
    const found = globalThis.musicgenSigns ? null : text.match(/url\("(data:[\w/-]+;base64,[\w+/=\\\n]+)"\)/);
    if (!found) return;
    globalThis.musicgenSigns = new FontFace(OWN_SIGNS, `url(${found[1].replace(/\\\n/g, "")})`);
    document.fonts.add(globalThis.musicgenSigns);
  }

  copy(element, font) {
    if (!KEPT_TAGS.has(element.localName)) return null;
    const made = document.createElementNS(SPACE, element.localName);
    for (const [name, allowed] of Object.entries(KEPT_ATTRIBUTES)) {
      const value = element.getAttribute(name);
      if (value !== null && allowed.test(value)) made.setAttribute(name, value);
    }
    const own = [...element.classList].map((name) => this.fonts.get(name)).find(Boolean) ?? font;
    if (/^t/.test(element.localName)) this.write(made, own, element.style?.fontSize);
    this.link(element, made);
    for (const child of element.childNodes) {
      const kept = child.nodeType === Node.TEXT_NODE ? child.data : child.nodeType === Node.ELEMENT_NODE ? this.copy(child, own) : null;
      if (kept !== null) made.append(kept);
    }
    return made;
  }

  write(made, font, size) {
    made.style.fontSize = size || font.match(/[\d.]+px/)?.[0] || "";
    if (/bold/.test(font)) made.style.fontWeight = "bold";
    if (/italic/.test(font)) made.style.fontStyle = "italic";
    if (/music/.test(font)) made.style.fontFamily = OWN_SIGNS;
  }

  // Signs that are drawn by their names, which nothing else on the page may have.
  link(element, made) {
    const id = element.getAttribute("id"), target = element.getAttributeNS(LINK, "href");
    if (id) made.setAttribute("id", `musicgen-sign-${id}`);
    if (target?.startsWith("#")) made.setAttribute("href", `#musicgen-sign-${target.slice(1)}`);
  }

  collect(notes) {
    const starts = notes.filter((start) => start >= 0).sort((one, other) => one - other);
    const found = new Map();
    for (const element of this.paper.querySelectorAll("[data-start]")) {
      const at = Number(element.getAttribute("data-start"));
      const start = starts.findLast((one) => one <= at);
      if (start === undefined) continue;
      if (!found.has(start)) found.set(start, []);
      found.get(start).push(element);
      element.classList.add("musicgen-note");
    }
    return found;
  }
}
