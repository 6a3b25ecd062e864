// The buttons that copy a text, wherever on the page one is.
// data: {done, select: what a button says when the text is copied, or is only chosen}

const TOLD_MS = 2000;

let words = {};

// A page that came over plain HTTP from another machine may not write to the clipboard.
function choose(code) {
  const range = document.createRange();
  range.selectNodeContents(code);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  return document.execCommand("copy");
}

async function copy(event) {
  const button = event.target.closest?.(".musicgen-text-copy");
  const code = button?.parentElement.querySelector("code");
  if (!code) return;
  let isDone = true;
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    isDone = choose(code);
  }
  const name = button.dataset.name ??= button.textContent;
  button.textContent = isDone ? words.done : words.select;
  clearTimeout(button.told);
  button.told = setTimeout(() => { button.textContent = name; }, TOLD_MS);
}

export default function ({ data }) {
  words = data;
  document.addEventListener("click", copy);
}
