// When the program behind the page has gone, Streamlit says so in the words of its own developers.
// Here the reader is told what happened and how everything comes back, in words the page already has.
// data: {title, text, commands: [how to start the program again]}

const SIGNS = ["streamlit run yourscript.py", "Connection error"];
const OURS = "musicgen-gone";

function paragraphs({ text, commands }) {
  const box = document.createElement("div");
  box.className = OURS;
  const said = document.createElement("p");
  said.textContent = text;
  const lines = document.createElement("pre");
  lines.textContent = commands.join("\n");
  box.append(said, lines);
  return box;
}

// The smallest part of a dialog in which all of its words stand, title apart.
function parts(dialog) {
  const texts = document.createTreeWalker(dialog, NodeFilter.SHOW_TEXT);
  let title, text;
  const bodies = [];
  while ((text = texts.nextNode())) {
    if (!text.data.trim() || text.parentElement.closest(`button, .${OURS}`)) continue;
    if (!title) title = text; else bodies.push(text.parentElement);
  }
  let body = bodies[0];
  while (body && !bodies.every((one) => body.contains(one))) body = body.parentElement;
  return { title, body };
}

function translate(dialog, data) {
  if (!SIGNS.some((sign) => dialog.textContent.includes(sign))) return;
  const { title, body } = parts(dialog);
  if (title && title.data !== data.title) title.data = data.title;
  if (!body || body === dialog || body.contains(title)) return;
  body.style.display = "none";
  if (!dialog.querySelector(`.${OURS}`)) body.after(paragraphs(data));
}

export default function ({ data }) {
  const watch = (globalThis.musicgenConnection ??= {});
  watch.data = data;
  const look = () => {
    for (const dialog of document.querySelectorAll("[role=dialog]")) translate(dialog, watch.data);
  };
  look();
  watch.observer ??= new MutationObserver(look);
  watch.observer.observe(document.body, { childList: true, subtree: true });
}
