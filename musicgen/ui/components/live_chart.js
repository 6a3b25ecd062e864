// Plotly charts that are updated in place, so that zoom and hover outlive every tick.
// data: {panels: [{name, figure: {data, layout}, label, height, is_wide, note}], id, clickable}
// A click on a point whose customdata is a number, or begins with one, sends it as "clicked".

const groups = globalThis.musicgenCharts ??= new Map(); // host -> {host, id, charts: Map(name -> chart)}
const AXES = ["xaxis", "yaxis"];
const CONFIG = {
  responsive: true, displaylogo: false, doubleClick: "autosize",
  modeBarButtonsToRemove: ["select2d", "lasso2d", "toImage"], // picture.js knows how fonts get into a picture
  showSendToCloud: false, plotlyServerURL: "", // nothing leaves the machine
};
const NARROW = 480, LEGEND_ROW = 20; // pixels
const SETTLED_MS = 250; // after which Plotly has made a zoom of a drag

function library() {
  return new Promise((resolve) => {
    const look = () => globalThis.musicgenPlotly ? resolve(globalThis.musicgenPlotly) : setTimeout(look, 50);
    look();
  });
}

// The page's own colours and type, whichever theme is on.
function themed(layout, read) {
  const line = read("--st-border-color-light") || read("--st-border-color");
  const paper = read("--st-background-color");
  const axis = (own) => ({
    gridcolor: line, zerolinecolor: line, linecolor: line, tickcolor: line, spikecolor: line, spikedash: "solid", ...own,
  });
  return {
    ...layout,
    paper_bgcolor: paper, // opaque: Plotly lines its hover line with white where it sees none
    plot_bgcolor: paper,
    font: { color: read("--st-text-color"), family: read("--st-font"), size: 13 },
    hoverlabel: { bgcolor: read("--st-secondary-background-color"), font: { color: read("--st-text-color") } },
    xaxis: axis(layout.xaxis),
    yaxis: axis(layout.yaxis),
    modebar: { color: read("--st-text-color"), activecolor: read("--st-primary-color"), bgcolor: "rgba(0,0,0,0)" },
  };
}

// In a narrow place the entries of a legend stand below one another, and need the room.
function fitted(layout, traces, width) {
  if (!layout.showlegend || width >= NARROW) return 0;
  const rows = traces.filter((trace) => trace.showlegend !== false).length - 1;
  const side = layout.legend?.y < 0 ? "b" : "t";
  layout.margin = { ...layout.margin, [side]: layout.margin[side] + rows * LEGEND_ROW };
  return rows * LEGEND_ROW;
}

// A colour is given as "--st-…" and looked up in the theme; "--st-…[2]" is the third of a list of colours.
function colour(value, read) {
  const [, name, place] = /^(--[\w-]+)(?:\[(\d+)\])?$/.exec(value) ?? [];
  if (!name) return value;
  const all = read(name).split(/,(?![^(]*\))/).map((part) => part.trim());
  return place === undefined ? read(name) : all[place % all.length];
}

// A scale is a list of pairs, or the name of a list of colours, spread evenly.
function scale(value, read) {
  if (Array.isArray(value)) return value.map(([place, one]) => [place, colour(one, read)]);
  if (!value.startsWith("--")) return value; // one of Plotly's own
  return read(value).split(/,(?![^(]*\))/).map((one, place, all) => [place / (all.length - 1), one.trim()]);
}

// Wherever a colour of the theme stands, it is looked up.
function painted(value, read) {
  if (typeof value === "string") return colour(value, read);
  if (Array.isArray(value)) return typeof value[0] === "object" ? value.map((part) => painted(part, read)) : value;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(
    ([name, part]) => [name, name === "colorscale" ? scale(part, read) : painted(part, read)],
  ));
}

// Plotly forgets a zoom when the range it was given changes, as it does with every new loss.
function keepZoom(layout, chart) {
  if (chart.run !== layout.uirevision) Object.assign(chart, { run: layout.uirevision, zoomed: new Set() });
  for (const axis of AXES) {
    if (chart.zoomed.has(axis)) layout[axis] = { ...layout[axis], range: [...chart.host.layout[axis].range] };
  }
  return layout;
}

function noteZoom(group, chart, event) {
  for (const axis of AXES) {
    if (event[`${axis}.autorange`]) chart.zoomed.delete(axis);
    else if (`${axis}.range[0]` in event) chart.zoomed.add(axis);
  }
  if (!group.isLinking) link(group, chart, event);
}

// A zoom along the steps is one for all charts of the group.
async function link(group, chart, event) {
  const along = Object.fromEntries(Object.entries(event).filter(([name]) => name.startsWith("xaxis.")));
  const others = [...group.charts.values()].filter((one) => one !== chart && one.listening);
  if (!Object.keys(along).length || !others.length) return;
  group.isLinking = true;
  try {
    await Promise.all(others.map((one) => globalThis.musicgenPlotly.relayout(one.host, along)));
  } finally {
    group.isLinking = false;
  }
}

function redraw(group, name) {
  const panel = group.panels.find((one) => one.name === name);
  if (panel && group.host.isConnected) draw(globalThis.musicgenPlotly, group, panel);
}

function tellClick(group, event) {
  const [number] = [event.points?.[0]?.customdata].flat();
  if (group.send && Number.isInteger(number)) group.send("clicked", number);
}

function addChart(group, panel) {
  const host = document.createElement("div");
  host.className = "musicgen-chart";
  host.setAttribute("role", "figure");
  const frame = document.createElement("div"), note = document.createElement("p");
  frame.className = "musicgen-chart-frame";
  note.className = "musicgen-chart-note";
  frame.append(host, note);
  group.host.append(frame);
  const chart = { host, frame, note, zoomed: new Set(), isHeld: false };
  host.addEventListener("pointerdown", () => {
    chart.isHeld = true;
    const release = () => {
      chart.isHeld = false;
      setTimeout(() => redraw(group, panel.name), SETTLED_MS); // what came meanwhile
    };
    for (const kind of ["pointerup", "pointercancel"]) {
      globalThis.addEventListener(kind, release, { once: true, capture: true });
    }
  }, { capture: true });
  group.charts.set(panel.name, chart);
  return chart;
}

async function draw(Plotly, group, panel) {
  const chart = group.charts.get(panel.name) ?? addChart(group, panel);
  const { host } = chart;
  chart.frame.classList.toggle("is-wide", panel.is_wide);
  if (chart.note.textContent !== panel.note) chart.note.textContent = panel.note;
  host.setAttribute("aria-label", panel.label);
  const style = getComputedStyle(host);
  const read = (name) => style.getPropertyValue(name).trim();
  const traces = painted(panel.figure.data, read);
  const layout = keepZoom(painted(themed(panel.figure.layout, read), read), chart);
  const height = `${panel.height + fitted(layout, traces, host.clientWidth)}px`;
  const isResized = chart.listening && host.style.height !== height;
  host.style.height = height;
  const text = JSON.stringify([traces, layout]);
  if (text === chart.drawn) return; // nothing new, as while a training is paused
  if (chart.isHeld) return; // a tick must not end the drag that is to become a zoom
  chart.drawn = text;
  await Plotly.react(host, traces, layout, CONFIG);
  if (isResized) await Plotly.Plots.resize(host); // it draws in the room that it had before
  if (!chart.listening) {
    host.on("plotly_relayout", (event) => noteZoom(group, chart, event));
    host.on("plotly_click", (event) => tellClick(group, event));
  }
  chart.listening = true;
}

export default async function ({ data, parentElement, setTriggerValue }) {
  const host = parentElement.querySelector(".musicgen-charts");
  if (!groups.has(host)) groups.set(host, { host, charts: new Map() });
  const group = groups.get(host);
  Object.assign(group, { id: data.id, panels: data.panels, send: data.clickable ? setTriggerValue : null });
  host.classList.toggle("is-clickable", Boolean(data.clickable));
  const Plotly = await library();
  if (!host.isConnected) return;
  for (const panel of group.panels) await draw(Plotly, group, panel);
  // Streamlit ends a call that a later one has overtaken, though the component lives on.
  return () => {
    if (host.isConnected) return;
    groups.delete(host);
    for (const chart of group.charts.values()) Plotly.purge(chart.host);
    host.replaceChildren();
  };
}
