// Back and forward in the browser go from tune to tune: one step for each, and none for anything else.
// Streamlit makes a step of every change of the address, such as another instrument for the same tune.

const NO_TUNE = ["lang"]; // parameters that make no other tune; data.names has those of the sound

export default function ({ data }) {
  const steps = (globalThis.musicgenSteps ??= { push: history.pushState.bind(history) });
  steps.apart = new Set([...NO_TUNE, ...data.names]);
  const tune = ({ pathname, searchParams }) => {
    if (!searchParams.has("seed")) return "";
    const own = [...searchParams].filter(([name]) => !steps.apart.has(name)).sort();
    return JSON.stringify([pathname, own]);
  };
  history.pushState = (state, title, to) => {
    const before = new URL(location.href), after = new URL(to ?? location.href, location.href);
    const isTune = before.pathname === after.pathname && tune(after);
    const isStep = !isTune || (tune(before) && tune(before) !== tune(after));
    if (isStep) steps.push(state, title, to); else history.replaceState(state, title, to);
  };
}
