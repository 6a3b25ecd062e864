// A Plotly chart that is updated in place, so that zoom and hover outlive every tick.
// data: {figure: {data, layout}, label, height}

const charts = globalThis.musicgenCharts ??= new WeakMap();

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
  const axis = (own) => ({ gridcolor: line, zerolinecolor: line, linecolor: line, tickcolor: line, ...own });
  return {
    ...layout,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: read("--st-text-color"), family: read("--st-font"), size: 13 },
    hoverlabel: { bgcolor: read("--st-secondary-background-color"), font: { color: read("--st-text-color") } },
    xaxis: axis(layout.xaxis),
    yaxis: axis(layout.yaxis),
    modebar: { color: read("--st-text-color"), activecolor: read("--st-primary-color"), bgcolor: "rgba(0,0,0,0)" },
  };
}

// A colour given as "--st-…" is looked up in the theme.
function painted(traces, host) {
  const style = getComputedStyle(host);
  const colour = (value) => value?.startsWith?.("--") ? style.getPropertyValue(value).trim() : value;
  return traces.map((trace) => ({
    ...trace,
    line: trace.line && { ...trace.line, color: colour(trace.line.color) },
    marker: trace.marker && { ...trace.marker, color: colour(trace.marker.color) },
  }));
}

export default async function ({ data, parentElement }) {
  const host = parentElement.querySelector(".musicgen-chart");
  host.style.height = `${data.height}px`;
  host.setAttribute("role", "img");
  host.setAttribute("aria-label", data.label);
  charts.set(host, data);
  const Plotly = await library();
  const latest = charts.get(host);
  if (!host.isConnected || latest === undefined) return;
  const config = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] };
  await Plotly.react(host, painted(latest.figure.data, host), themed(latest.figure.layout, host), config);
  return () => { charts.delete(host); Plotly.purge(host); };
}
