// A text box that tells what stands in it while one types, and hears what the page makes of it.
// data: {text, revision: a new number when the page itself puts another text in, verdict, is_right, label, placeholder}

const PAUSE_MS = 200; // without a key, after which a text is told

const boxes = new WeakMap(); // host -> {revision, told, timer, tell}

function tell(host, box, left = false) {
  clearTimeout(box.timer);
  const text = host.querySelector("textarea").value;
  if (text === box.told) return;
  box.told = text;
  box.send("typed", { text, revision: box.revision, left }); // the same words typed over others are news too
}

function begin(host, name) {
  const box = { revision: undefined };
  const area = host.querySelector("textarea");
  area.id = `${name}-text`;
  host.querySelector("label").htmlFor = area.id;
  area.addEventListener("input", () => {
    clearTimeout(box.timer);
    box.timer = setTimeout(() => tell(host, box), PAUSE_MS);
  });
  area.addEventListener("blur", () => tell(host, box, true)); // before the click that took the focus away
  area.addEventListener("keydown", (event) => event.stopPropagation()); // no shortcuts of the page
  boxes.set(host, box);
  return box;
}

export default function ({ data, parentElement, setStateValue }) {
  const host = parentElement.querySelector(".musicgen-beginning");
  const box = boxes.get(host) ?? begin(host, "musicgen-beginning");
  box.send = setStateValue;
  const area = host.querySelector("textarea");
  host.querySelector("label").textContent = data.label;
  area.placeholder = data.placeholder;
  if (box.revision !== data.revision) {
    clearTimeout(box.timer);
    Object.assign(box, { revision: data.revision, told: data.text });
    area.value = data.text;
  }
  const line = host.querySelector("p");
  line.textContent = data.verdict;
  line.classList.toggle("is-wrong", !data.is_right);
  area.setAttribute("aria-invalid", String(!data.is_right));
}
