// Every control of the page has one name, in the reader's language, for those who listen to the page.
// Streamlit names sliders twice, players not at all, and calls each small button beside a field the same.
// data: {player, frame; and with "{label}" for the name of a field: less, more, open, clear, help;
//        stock: [[words of Streamlit and of drawings, "{}" for what varies, in the reader's language], ...]}


function labelOf(part, within) {
  const label = part.closest(within)?.querySelector("[data-testid=stWidgetLabel] p, label p");
  return label?.textContent.trim() ?? "";
}

function name(element, words) {
  if (element.getAttribute("aria-label") !== words) element.setAttribute("aria-label", words);
}

function nameField(button, template, within) {
  const label = labelOf(button, within);
  if (label) name(button, template.replace("{label}", label));
}

const KINDS = [
  ["audio:not([aria-label])", (audio, words) => name(audio, words.player)],
  ["input[type=range][aria-label][aria-labelledby]", (slider) => slider.removeAttribute("aria-labelledby")],
  ["[data-testid=stNumberInputStepDown]", (button, words) => nameField(button, words.less, "[data-testid=stNumberInput]")],
  ["[data-testid=stNumberInputStepUp]", (button, words) => nameField(button, words.more, "[data-testid=stNumberInput]")],
  ["[data-testid=stSelectbox] button[aria-label=Open], [data-testid=stMultiSelect] button[aria-label=Open]",
    (button, words) => nameField(button, words.open, "[data-testid=stSelectbox], [data-testid=stMultiSelect]")],
  ["[data-testid=stSelectbox] button[aria-label='Clear value'], [data-testid=stMultiSelect] button[aria-label='Clear all']",
    (button, words) => nameField(button, words.clear, "[data-testid=stSelectbox], [data-testid=stMultiSelect]")],
  ["button[aria-label^='Help for ']",
    (button, words) => name(button, words.help.replace("{label}", button.getAttribute("aria-label").slice(9)))],
  ["iframe:not([title])", (frame, words) => { frame.title = words.frame; }],
  // Pictures beside words that say the same, and the inside of pictures that have a name as a whole.
  ["[role=img][aria-label$=' icon']:not([aria-hidden=true]), .musicgen-paper svg:not([aria-hidden=true]), "
    + ":is([role=img], [role=figure]) svg.main-svg:not([aria-hidden=true]), svg:not([aria-hidden]):not([aria-label]):not([role]):not(svg svg)",
  (drawn) => drawn.setAttribute("aria-hidden", "true")],
];

// Streamlit's own words, which it has in English alone: in these parts of the page, where they are all
// there is; elsewhere the same words may be a title or a name that somebody gave.
const SPOKEN = "[data-testid=stFileUploaderDropzone], [data-testid=InputInstructions], [data-testid=stSkipToContent], "
  + "[data-testid=stStatusWidget], [role=tooltip], [role=menu], [role=listbox]:not(:has([role=option]))";
const LABELLED = "[data-testid=stSelectbox], [data-testid=stMultiSelect], [data-testid=stSidebar], [data-testid=stFileUploader], "
  + "[data-testid=stElementToolbar], [data-testid=stHeader], [data-testid=stExpandSidebarButton], .musicgen-paper, .modebar-container";
const ATTRIBUTES = ["aria-label", "placeholder", "data-title", "title"];

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function rules(stock) {
  return stock.map(([english, words]) => [new RegExp(`^${english.split("{}").map(escaped).join("(.+)")}$`, "s"), words]);
}

function said(text, known) {
  const bare = text.trim();
  if (!/[A-Za-z]/.test(bare)) return undefined;
  for (const [pattern, words] of known) {
    const found = pattern.exec(bare);
    if (found) return words.replace("{}", () => found[1] ?? "");
  }
  return undefined;
}

function speak(known) {
  for (const part of document.querySelectorAll(SPOKEN)) {
    const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const words = said(texts.currentNode.data, known);
      if (words !== undefined) texts.currentNode.data = words;
    }
  }
  for (const part of document.querySelectorAll(LABELLED)) {
    for (const element of [part, ...part.querySelectorAll(ATTRIBUTES.map((one) => `[${one}]`).join())]) {
      for (const attribute of ATTRIBUTES) {
        const words = said(element.getAttribute(attribute) ?? "", known);
        if (words !== undefined) element.setAttribute(attribute, words);
      }
    }
  }
}

export default function ({ data }) {
  const names = (globalThis.musicgenNames ??= {});
  names.words = data;
  names.stock = rules(data.stock);
  const look = () => {
    names.due = undefined;
    for (const [selector, give] of KINDS) {
      for (const element of document.querySelectorAll(selector)) give(element, names.words);
    }
    if (names.stock.length) speak(names.stock);
  };
  const later = () => { names.due ??= setTimeout(look, 60); };
  names.observer?.disconnect();
  names.observer = new MutationObserver(later);
  const attributeFilter = ["aria-label", "aria-labelledby", "placeholder"];
  names.observer.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter });
  look();
}
