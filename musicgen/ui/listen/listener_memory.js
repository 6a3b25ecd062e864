// The browser keeps the random id of a listener for each study, so that one goes on where one was.
// data: {study, listener: of this session, or ""}

export default function ({ data, setStateValue }) {
  const key = `musicgen-study-${data.study}`;
  try {
    if (data.listener) localStorage.setItem(key, data.listener);
    else if (localStorage.getItem(key)) setStateValue("listener", localStorage.getItem(key));
  } catch { /* a browser that keeps nothing: then one begins anew next time */ }
}
