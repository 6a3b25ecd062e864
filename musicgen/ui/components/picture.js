// A button that saves a group of live charts as one picture, laid out as it is on the page.
// data: {charts: id of the group, label, file}

const SCALE = 2; // pixels of the picture for one of the page
const LETTERS = "Noto Sans SC Variable"; // the Chinese font that the app hands out
// The usual fonts by name, as browsers look no further behind `sans-serif`.
const FONTS = `Arial, Helvetica, Liberation Sans, DejaVu Sans, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, ${LETTERS}, sans-serif`;
const ICON = '<svg viewBox="0 -960 960 960" aria-hidden="true"><path d="M480-337q-8 0-15-2.5t-13-8.5L308-492q-12-12-11.5-28t11.5-28q12-12 28.5-12.5T365-549l75 75v-286q0-17 11.5-28.5T480-800q17 0 28.5 11.5T520-760v286l75-75q12-12 28.5-11.5T652-548q11 12 11.5 28T652-492L508-348q-6 6-13 8.5t-15 2.5ZM240-160q-33 0-56.5-23.5T160-240v-80q0-17 11.5-28.5T200-360q17 0 28.5 11.5T240-320v80h480v-80q0-17 11.5-28.5T760-360q17 0 28.5 11.5T800-320v80q0 33-23.5 56.5T720-160H240Z"/></svg>';

function picture(source) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = reject;
    image.src = source;
  });
}

// A picture cannot use the page's own fonts; laid out in another, it would not fit.
function plain(host) {
  const { data, layout } = host;
  return { data, layout: { ...layout, font: { ...layout.font, family: FONTS } } };
}

function* faces(sheets) {
  for (const sheet of sheets) {
    for (const rule of sheet.cssRules) {
      if (rule.styleSheet) yield* faces([rule.styleSheet]);
      else if (rule instanceof CSSFontFaceRule && rule.style.fontFamily.includes(LETTERS)) yield { rule, sheet };
    }
  }
}

function covers(range, code) {
  return range.split(",").some((part) => {
    const [first, last = first] = part.trim().slice(2).split("-");
    return parseInt(first, 16) <= code && code <= parseInt(last, 16);
  });
}

function dataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = reject;
    reader.readAsDataURL(blob);
  });
}

// Where the page had to fetch Chinese letters, so must the picture: it takes them along.
async function lettersFor(text) {
  const wasNeeded = [...document.fonts].some((one) => one.family.includes(LETTERS) && one.status === "loaded");
  const codes = [...new Set(text)].map((one) => one.codePointAt(0)).filter((code) => code > 0x2e80);
  if (!wasNeeded || !codes.length) return "";
  const styles = [...faces([...document.styleSheets])].map(async ({ rule, sheet }) => {
    const range = rule.style.getPropertyValue("unicode-range");
    if (!codes.some((code) => covers(range, code))) return "";
    const [, address] = rule.style.getPropertyValue("src").match(/url\("?([^")]+)"?\)/);
    const answer = await fetch(new URL(address, sheet.href));
    return answer.ok ? `@font-face{font-family:"${LETTERS}";font-weight:100 900;unicode-range:${range};src:url(${await dataUrl(await answer.blob())})}` : "";
  });
  return (await Promise.all(styles)).join("");
}

async function drawing(host, size) {
  const address = await globalThis.musicgenPlotly.toImage(plain(host), { format: "svg", ...size });
  const text = decodeURIComponent(address.slice(address.indexOf(",") + 1));
  const letters = await lettersFor(text);
  const whole = letters ? text.replace(/<svg[^>]*>/, (start) => `${start}<style>${letters}</style>`) : text;
  return picture(`data:image/svg+xml;charset=utf-8,${encodeURIComponent(whole)}`);
}

async function compose(group) {
  const frame = group.host.getBoundingClientRect();
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: frame.width * SCALE, height: frame.height * SCALE });
  const paper = canvas.getContext("2d");
  paper.fillStyle = getComputedStyle(group.host).getPropertyValue("--st-background-color").trim();
  paper.fillRect(0, 0, canvas.width, canvas.height);
  for (const { host } of group.charts.values()) {
    const box = host.getBoundingClientRect();
    const size = { width: box.width, height: box.height };
    const [left, top] = [(box.left - frame.left) * SCALE, (box.top - frame.top) * SCALE];
    paper.drawImage(await drawing(host, size), left, top, box.width * SCALE, box.height * SCALE);
  }
  return canvas;
}

async function save(data) {
  const group = [...globalThis.musicgenCharts?.values() ?? []].find((one) => one.id === data.charts);
  if (!group) return;
  const canvas = await compose(group);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = data.file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector(".musicgen-picture");
  if (button.dataset.label !== data.label) {
    button.innerHTML = ICON;
    button.append(Object.assign(document.createElement("span"), { textContent: data.label }));
    button.dataset.label = data.label;
  }
  button.onclick = () => save(data);
}
