// The little of a browser's page that abcjs draws on: elements that keep their attributes and
// children, and know how wide their text is.

export class Element {
  constructor(tag, measure) {
    this.tagName = tag;
    this.measure = measure;
    this.attributes = {};
    this.children = [];
    this.style = {};
    this.dataset = {};
    this.parentNode = null;
    this.text = "";
  }

  get parentElement() { return this.parentNode; }
  get childNodes() { return this.children; }
  get firstChild() { return this.children[0] ?? null; }
  get lastChild() { return this.children.at(-1) ?? null; }
  get classList() { return (this.getAttribute("class") ?? "").split(/\s+/).filter(Boolean); }
  get textContent() { return this.text + this.children.map((child) => child.textContent).join(""); }
  set textContent(value) { this.children = []; this.text = String(value); }
  get innerHTML() { return ""; }
  set innerHTML(value) { this.textContent = value === "&nbsp;" ? "\u00a0" : ""; }

  setAttribute(name, value) { this.attributes[name] = String(value); }
  setAttributeNS(_space, name, value) { this.setAttribute(name, value); }
  getAttribute(name) { return this.attributes[name] ?? null; }
  removeAttribute(name) { delete this.attributes[name]; }
  addEventListener() {}

  appendChild(child) { return this.insertBefore(child, null); }

  insertBefore(child, other) {
    child.parentNode?.removeChild(child);
    const at = this.children.indexOf(other);
    this.children.splice(at < 0 ? this.children.length : at, 0, child);
    child.parentNode = this;
    return child;
  }

  removeChild(child) {
    this.children = this.children.filter((one) => one !== child);
    child.parentNode = null;
    return child;
  }

  querySelector(tag) { return this.querySelectorAll(tag)[0] ?? null; }

  querySelectorAll(tag) {
    const below = this.children.flatMap((child) => child.querySelectorAll(tag));
    return this.children.filter((child) => child.tagName === tag).concat(below);
  }

  getBBox() { return this.measure(this); }
}

// The globals abcjs looks for. `measure` gives the box of an element with text.
export function makeDocument(measure) {
  const make = (tag) => new Element(tag, measure);
  const body = make("body");
  return {
    body,
    createElement: make,
    createElementNS: (_space, tag) => make(tag),
    createTextNode: (text) => Object.assign(make("#text"), { text }),
    getElementById: () => null,
    querySelector: (tag) => (tag === "body" ? body : body.querySelector(tag)),
    querySelectorAll: (tag) => body.querySelectorAll(tag),
    addEventListener() {},
  };
}
