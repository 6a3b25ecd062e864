"""``python -m bench.onnx_web``: exported ONNX models in onnxruntime-web, beside our engine.

Needs node and, once, ``npm i onnxruntime-web`` in any folder (150 MB, so no test fetches it):
``--modules FOLDER/node_modules``. Texts that the model draws go through the step, in float32 and in
8 bits, one character after the other, and through the sequence at once.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from musicgen.config import Paths
from musicgen.export.comparison import read_own_texts
from musicgen.export.onnx_export import (
    INT8_FILE,
    SEQUENCE_FILE,
    STEP_FILE,
    require_lstm,
    write_onnx,
)
from musicgen.models.checkpoint import find_checkpoint, load_checkpoint
from musicgen.sampling.echo_reading import EchoReader

_SCRIPT = """
const ort = require(process.argv[2] + '/onnxruntime-web');
const fs = require('fs');
ort.env.wasm.numThreads = 1;
const job = JSON.parse(fs.readFileSync(process.argv[3] + '/job.json'));
const T = job.rows[0].length;
(async () => {
  for (const file of job.steps) {
    const session = await ort.InferenceSession.create(process.argv[3] + '/model/' + file);
    const state = {};
    for (const name of session.inputNames.slice(1))
      state[name] = new ort.Tensor('float32', new Float32Array(job.hidden), [1, job.hidden]);
    const said = [];
    const start = performance.now();
    for (let t = 0; t < T; t++) {
      const ids = BigInt64Array.from(job.rows.map((row) => BigInt(row[t])));
      const shape = job.echoes ? [ids.length, 1] : [1];
      const found = await session.run({ids: new ort.Tensor('int64', ids, shape), ...state});
      said.push(...found.logits.data);
      for (const name of Object.keys(state)) state[name] = found[name + '_new'];
    }
    console.error(file, ((performance.now() - start) / T).toFixed(3), 'ms a character');
    const bytes = Buffer.from(new Float32Array(said).buffer);
    fs.writeFileSync(process.argv[3] + '/' + file + '.f32', bytes);
  }
  const session = await ort.InferenceSession.create(process.argv[3] + '/model/' + job.sequence);
  const feeds = {};
  for (const name of session.inputNames.slice(1))
    feeds[name] = new ort.Tensor('float32', new Float32Array(job.hidden), [1, job.hidden]);
  const ids = BigInt64Array.from(job.rows.flat().map(BigInt));
  feeds.ids = new ort.Tensor('int64', ids, job.echoes ? [job.rows.length, T, 1] : [T, 1]);
  const found = await session.run(feeds);
  fs.writeFileSync(process.argv[3] + '/' + job.sequence + '.f32',
                   Buffer.from(new Float32Array(found.logits.data).buffer));
})();
"""


def main() -> None:
    """Compares, and prints the largest differences."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checkpoint", default="student")
    parser.add_argument("--modules", type=Path, required=True)
    asked = parser.parse_args()
    checkpoint = load_checkpoint(find_checkpoint(asked.checkpoint, Paths.default()).path)
    weights = require_lstm(checkpoint)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_onnx(checkpoint, folder / "model")
        for precision, files in (("float32", [STEP_FILE, SEQUENCE_FILE]), ("int8", [INT8_FILE])):
            texts = read_own_texts(checkpoint, precision)
            ids, reader, rows, readings = texts.ids[:1], None, [texts.ids[0]], []
            if weights.has_echoes:
                reader = EchoReader(weights)
                memory, places = reader.begin(1)
                for column in ids.T:
                    reading, memory, places = reader.read(column, memory, places)
                    readings.append(reading)
                rows = list(np.concatenate([one.rows for one in readings], 1))
            job = {
                "rows": [row.tolist() for row in rows],
                "hidden": weights.config.hidden_size,
                "echoes": weights.has_echoes,
                "steps": [one for one in files if one != SEQUENCE_FILE],
                "sequence": SEQUENCE_FILE,
            }
            (folder / "job.json").write_text(json.dumps(job))
            (folder / "run.cjs").write_text(_SCRIPT)
            command = ["node", str(folder / "run.cjs"), str(asked.modules.absolute()), name]
            subprocess.run(command, check=True)
            for file in files:
                said = np.fromfile(folder / f"{file}.f32", np.float32)
                said = said.reshape(len(ids[0]), -1)
                if reader:
                    said = np.concatenate(
                        [reader.add_up(said[at : at + 1], one) for at, one in enumerate(readings)]
                    )
                largest = np.abs(said - texts.logits[0]).max()
                print(f"{file}: {said.shape[0]} characters, {largest:.2g} apart")


if __name__ == "__main__":
    main()
