// A button that saves a group of live charts as one picture, laid out as it is on the page.
// data: {charts: id of the group, label, file}

const SCALE = 2; // pixels of the picture for one of the page
const ICON = '<svg viewBox="0 -960 960 960" aria-hidden="true"><path d="M480-337q-8 0-15-2.5t-13-8.5L308-492q-12-12-11.5-28t11.5-28q12-12 28.5-12.5T365-549l75 75v-286q0-17 11.5-28.5T480-800q17 0 28.5 11.5T520-760v286l75-75q12-12 28.5-11.5T652-548q11 12 11.5 28T652-492L508-348q-6 6-13 8.5t-15 2.5ZM240-160q-33 0-56.5-23.5T160-240v-80q0-17 11.5-28.5T200-360q17 0 28.5 11.5T240-320v80h480v-80q0-17 11.5-28.5T760-360q17 0 28.5 11.5T800-320v80q0 33-23.5 56.5T720-160H240Z"/></svg>';

function picture(source) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = reject;
    image.src = source;
  });
}

// A picture cannot use the page's own font; laid out in another, it would not fit.
function plain(host) {
  const { data, layout } = host;
  return { data, layout: { ...layout, font: { ...layout.font, family: "sans-serif" } } };
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
    const source = await globalThis.musicgenPlotly.toImage(plain(host), { format: "png", scale: SCALE, ...size });
    paper.drawImage(await picture(source), (box.left - frame.left) * SCALE, (box.top - frame.top) * SCALE);
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
