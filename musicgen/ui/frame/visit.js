// The tab keeps the name of its visit, so that the page, loaded again, goes on from where it was.
// data: {name: of this session, taken: the earlier visit it has taken over, or ""}

const KEY = "musicgen-visit";

export default function ({ data, setStateValue }) {
  try {
    const before = sessionStorage.getItem(KEY);
    if (!before || before === data.name || before === data.taken) sessionStorage.setItem(KEY, data.name);
    else setStateValue("before", before);
  } catch { /* a browser that keeps nothing: then the visit ends with the page */ }
}
