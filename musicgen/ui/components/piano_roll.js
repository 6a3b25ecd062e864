// A piano roll by Plotly, with a line that follows the sound; zoom outlives every update.
// data: {onsets_s, durations_s, pitches, names, bits or null, ticks, tick_names, audio, label, ...}

const rolls = globalThis.musicgenRolls ??= new WeakMap();
const CONFIG = {
  responsive: true, displaylogo: false, doubleClick: "autosize",
  modeBarButtonsToRemove: ["select2d", "lasso2d", "toImage"], showSendToCloud: false, plotlyServerURL: "",
};
const CALM_BITS = 1, HOT_BITS = 6; // ends of the tint, as in the score

function library() {
  return new Promise((resolve) => {
    const look = () => globalThis.musicgenPlotly ? resolve(globalThis.musicgenPlotly) : setTimeout(look, 50);
    look();
  });
}

class Roll {
  constructor(host) {
    this.host = host;
    this.chart = host.querySelector(".musicgen-roll-chart");
    this.line = host.querySelector(".musicgen-roll-line");
    this.frame = requestAnimationFrame(() => this.follow());
  }

  async update(data) {
    const text = JSON.stringify(data);
    if (text === this.text) return;
    this.text = text;
    this.data = data;
    const Plotly = await library();
    this.chart.setAttribute("aria-label", data.label);
    await Plotly.react(this.chart, [this.trace()], this.layout(), CONFIG);
    if (!this.isHeard) this.chart.on("plotly_click", (event) => this.play(event.points[0].base));
    this.isHeard = true;
  }

  colour(value) { // as the browser understands it, for Plotly knows no light-dark()
    const probe = document.createElement("i");
    probe.style.color = value;
    this.host.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  }

  trace() {
    const { data } = this;
    const calm = this.colour("var(--st-text-color)"), hot = this.colour("var(--musicgen-hot)");
    const bits = data.bits ?? data.pitches.map(() => 0);
    const said = data.bits ? `<br>${data.surprise}: %{marker.color:.1f}` : "";
    return {
      type: "bar", orientation: "h", base: data.onsets_s, x: data.durations_s, y: data.pitches, width: 0.8,
      text: data.names, textposition: "none", hovertemplate: `%{text} · %{base:.1f} s${said}<extra></extra>`,
      marker: { color: bits, cmin: CALM_BITS, cmax: HOT_BITS, colorscale: [[0, calm], [1, hot]], line: { width: 0 } },
    };
  }

  layout() {
    const { data } = this;
    const read = (name) => getComputedStyle(this.host).getPropertyValue(name).trim();
    const line = read("--st-border-color-light") || read("--st-border-color");
    const axis = { gridcolor: line, zerolinecolor: line, linecolor: line };
    return {
      uirevision: data.onsets_s.length, margin: { l: 44, r: 12, t: 30, b: 44 }, showlegend: false, barmode: "overlay",
      paper_bgcolor: read("--st-background-color"), plot_bgcolor: read("--st-background-color"),
      font: { color: read("--st-text-color"), family: read("--st-font"), size: 13 },
      hoverlabel: { bgcolor: read("--st-secondary-background-color"), font: { color: read("--st-text-color") } },
      modebar: { color: read("--st-text-color"), activecolor: read("--st-primary-color"), bgcolor: "rgba(0,0,0,0)" },
      xaxis: { ...axis, title: { text: data.seconds }, rangemode: "tozero" },
      yaxis: { ...axis, tickvals: data.ticks, ticktext: data.tick_names, fixedrange: true },
      dragmode: "pan",
    };
  }

  audio() {
    if (!this.player?.isConnected) this.player = document.querySelector(this.data.audio);
    return this.player;
  }

  play(time) {
    const audio = this.audio();
    if (!audio) return;
    audio.currentTime = time;
    audio.play()?.catch(() => {});
  }

  follow() {
    this.frame = requestAnimationFrame(() => this.follow());
    const { xaxis, yaxis } = this.chart._fullLayout ?? {};
    const audio = this.data && this.audio();
    if (!audio || !xaxis) return;
    const left = xaxis.l2p(audio.currentTime);
    this.line.hidden = !(audio.currentTime > 0) || left < 0 || left > xaxis._length;
    Object.assign(this.line.style, {
      left: `${xaxis._offset + left}px`, top: `${yaxis._offset}px`, height: `${yaxis._length}px`,
    });
  }

  stop() {
    cancelAnimationFrame(this.frame);
    globalThis.musicgenPlotly?.purge(this.chart);
  }
}

export default async function ({ data, parentElement }) {
  const host = parentElement.querySelector(".musicgen-roll");
  let roll = rolls.get(host);
  if (!roll) rolls.set(host, roll = new Roll(host));
  await roll.update(data);
  // Streamlit ends a call that a later one has overtaken, though the component lives on.
  return () => { if (!host.isConnected) { roll.stop(); rolls.delete(host); } };
}
