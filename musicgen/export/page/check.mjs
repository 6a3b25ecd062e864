// Runs the scripts of a page outside a browser.
//
//   node check.mjs < request.json > answer.json
//
// request: {page, task, ...}; page is the whole HTML file. Tasks:
//   write    {seeds, temperature} -> [the text of each seed, as the network writes it]
//   compose  {seeds, temperature} -> [{seed, drawings, title, composed, abc, notes, seconds}]
//   read     {texts} -> [null where refused, else {notes: [[ticks, ticks, pitches]], abc}]

import { text as readAll } from "node:stream/consumers";
import vm from "node:vm";

const request = JSON.parse(await readAll(process.stdin));
const pieces = Object.fromEntries([...request.page.matchAll(/<script type="text\/plain" id="([\w-]+)">([^]*?)<\/script>/g)]
  .map(([, id, text]) => [id, text]));

globalThis.postMessage = () => {};
vm.runInThisContext(pieces["worker-source"]);

const run = (code) => vm.runInThisContext(code);
globalThis.request = request;
globalThis.pieces = pieces;

async function open() {
  await run("open({ engine: pieces.engine, network: pieces.network, model: pieces.model })");
}

function known(tune) { return tune.notes.map((note) => [note.time, note.length, note.pitches]); }

const tasks = {
  async write() {
    await open();
    const texts = [];
    for (const seed of request.seeds) {
      globalThis.seed = seed;
      const text = await run("composer.write(seed, request.temperature, () => true, () => {}, false)");
      texts.push(text.endsWith("\n\n") ? text : text.replace(/\n+$/, ""));
    }
    return texts;
  },
  async compose() {
    await open();
    const found = [];
    for (const seed of request.seeds) {
      globalThis.seed = seed;
      const start = performance.now();
      const made = await run("composer.compose(seed, request.temperature)");
      const seconds = (performance.now() - start) / 1000;
      const { drawings, title, composed, abc, tune } = made;
      found.push({ seed: made.seed, drawings, title, composed, abc, notes: known(tune), seconds });
    }
    return found;
  },
  read() {
    return request.texts.map((text) => {
      globalThis.text = text;
      try {
        globalThis.tune = run("readTune(text)");
        return { notes: known(globalThis.tune), abc: run("publicText(tune, '', 'test')"), shown: run("layOut(tune, 2).text") };
      } catch (error) {
        if (error.constructor.name !== "Refused") throw error;
        return { refused: error.message };
      }
    });
  },
};

process.stdout.write(JSON.stringify(await tasks[request.task]()));
