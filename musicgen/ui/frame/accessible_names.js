// Every control of the page has one name, in the reader's language, for those who listen to the page.
// Streamlit names sliders twice, players not at all, and calls each small button beside a field the same.
// data: {player, frame; and with "{label}" for the name of a field: less, more, open, clear, help}


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

export default function ({ data }) {
  const names = (globalThis.musicgenNames ??= {});
  names.words = data;
  const look = () => {
    names.due = undefined;
    for (const [selector, give] of KINDS) {
      for (const element of document.querySelectorAll(selector)) give(element, names.words);
    }
  };
  const later = () => { names.due ??= setTimeout(look, 60); };
  names.observer?.disconnect();
  names.observer = new MutationObserver(later);
  const attributeFilter = ["aria-label", "aria-labelledby"];
  names.observer.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter });
  look();
}
