// A Plotly chart that is updated in place, so that zoom and hover outlive every tick.
// data: {figure: {data, layout}, label, height}

const charts = globalThis.musicgenCharts ??= new WeakMap();
const AXES = ["xaxis", "yaxis"];
const CONFIG = {
  responsive: true, displaylogo: false, doubleClick: "autosize", modeBarButtonsToRemove: ["select2d", "lasso2d"],
};

function library() {
  return new Promise((resolve) => {
    const look = () => globalThis.musicgenPlotly ? resolve(globalThis.musicgenPlotly) : setTimeout(look, 50);
    look();
  });
}

// The page's own colours and type, whichever theme is on.
function themed(layout, host) {
  const style = getComputedStyle(host);
  const read = (name) => style.getPropertyValue(name).trim();
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

// A colour given as "--st-…" is looked up in the theme; "--st-…[2]" is the third of a list of colours.
function painted(traces, host) {
  const style = getComputedStyle(host);
  const list = (name) => style.getPropertyValue(name).split(",").map((part) => part.trim());
  const colour = (value) => {
    const [, name, place] = /^(--[\w-]+)(?:\[(\d+)\])?$/.exec(value) ?? [];
    if (!name) return value;
    return place === undefined ? style.getPropertyValue(name).trim() : list(name)[place % list(name).length];
  };
  // A scale is a list of pairs, or the name of a list of colours, spread evenly.
  const scale = (value) => typeof value === "string" && value.startsWith("--")
    ? list(value).map((one, place, all) => [place / (all.length - 1), one])
    : value?.map?.(([place, one]) => [place, colour(one)]) ?? value;
  return traces.map((trace) => ({
    ...trace,
    ...(trace.colorscale && { colorscale: scale(trace.colorscale) }),
    ...(trace.textfont?.color && { textfont: { ...trace.textfont, color: colour(trace.textfont.color) } }),
    ...(trace.line && { line: { ...trace.line, color: colour(trace.line.color) } }),
    ...(trace.marker && { marker: { ...trace.marker, color: colour(trace.marker.color) } }),
  }));
}

// Plotly forgets a zoom when the range it was given changes, as it does with every new loss.
function keepZoom(layout, host, run) {
  const chart = charts.get(host);
  if (chart.run !== run) Object.assign(chart, { run, zoomed: new Set() });
  for (const axis of AXES) {
    if (chart.zoomed.has(axis)) layout[axis] = { ...layout[axis], range: [...host.layout[axis].range] };
  }
  return layout;
}

function noteZoom(host, event) {
  const { zoomed } = charts.get(host) ?? {};
  for (const axis of zoomed ? AXES : []) {
    if (event[`${axis}.autorange`]) zoomed.delete(axis);
    else if (`${axis}.range[0]` in event) zoomed.add(axis);
  }
}

export default async function ({ data, parentElement }) {
  const host = parentElement.querySelector(".musicgen-chart");
  host.style.height = `${data.height}px`;
  host.setAttribute("role", "img");
  host.setAttribute("aria-label", data.label);
  if (!charts.has(host)) charts.set(host, {});
  const chart = charts.get(host);
  chart.figure = data.figure;
  const Plotly = await library();
  if (!host.isConnected) return;
  const layout = keepZoom(themed(chart.figure.layout, host), host, chart.figure.layout.uirevision);
  await Plotly.react(host, painted(chart.figure.data, host), layout, CONFIG);
  if (!chart.listening) host.on("plotly_relayout", (event) => noteZoom(host, event));
  chart.listening = true;
  return () => { charts.delete(host); Plotly.purge(host); };
}
