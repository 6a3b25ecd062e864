// Composes and renders away from the page, so that the next tune is there when it is asked for.

let composer;
let newest = 0;

async function inflate(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function open({ engine, network, model }) {
  const [program, numbers] = await Promise.all([inflate(engine), inflate(network)]);
  const { instance } = await WebAssembly.instantiate(program, {});
  composer = new Composer(instance, numbers, JSON.parse(new TextDecoder().decode(await inflate(model))));
  postMessage({ type: "open" });
}

async function compose({ id, seed, temperature, isAhead }) {
  newest = id;
  const onText = (text) => { if (!isAhead) postMessage({ type: "text", id, text }); };
  const made = await composer.compose(seed, temperature, () => newest === id, onText);
  if (newest !== id) return;
  if (!made) { postMessage({ type: "none", id }); return; }
  const sides = renderSound(made.tune);
  postMessage({ type: "tune", id, made, sides }, sides.map((side) => side.buffer));
}

onmessage = ({ data }) => {
  const work = { open, compose }[data.type];
  work(data).catch((error) => postMessage({ type: "failed", message: String(error) }));
};
