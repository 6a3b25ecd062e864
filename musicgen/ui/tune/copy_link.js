// A button that copies the address of the page, or that of Play with parameters of its own.
// data: {label, done, help, query}

const ICON = '<svg viewBox="0 -960 960 960" aria-hidden="true"><path d="M280-280q-83 0-141.500-58.500T80-480q0-83 58.500-141.500T280-680h120q17 0 28.500 11.500T440-640q0 17-11.500 28.500T400-600H280q-50 0-85 35t-35 85q0 50 35 85t85 35h120q17 0 28.500 11.500T440-320q0 17-11.500 28.500T400-280H280Zm80-160q-17 0-28.500-11.500T320-480q0-17 11.500-28.500T360-520h240q17 0 28.500 11.500T640-480q0 17-11.500 28.500T600-440H360Zm200 160q-17 0-28.500-11.500T520-320q0-17 11.500-28.500T560-360h120q50 0 85-35t35-85q0-50-35-85t-85-35H560q-17 0-28.500-11.500T520-640q0-17 11.500-28.500T560-680h120q83 0 141.500 58.500T880-480q0 83-58.500 141.500T680-280H560Z"/></svg>';
const SHOWN_MS = 2_000;

// The reader's own language is not part of the tune.
function link(query) {
  const address = new URL(query ? `./${query}` : location.href, location.href);
  address.searchParams.delete("lang");
  return address.href;
}

// Only pages from a safe place may use the clipboard; others do it as it was done before.
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = Object.assign(document.createElement("textarea"), { value: text });
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button");
  const say = (words) => {
    button.innerHTML = ICON;
    button.append(Object.assign(document.createElement("span"), { textContent: words }));
  };
  if (button.dataset.label !== data.label) {
    button.dataset.label = data.label;
    button.title = data.help;
    button.setAttribute("aria-live", "polite");
    say(data.label);
  }
  button.onclick = async () => {
    await copy(link(data.query));
    say(data.done);
    setTimeout(() => say(data.label), SHOWN_MS);
  };
}
