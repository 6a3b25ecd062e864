"""NumPy: weights as safetensors, and a short script that composes with nothing but NumPy.

The script is `musicgen.export.numpy_sampler`, and what it needs to read a tune are three modules of
this package, copied next to it.
"""

import re
from pathlib import Path

import numpy as np
import safetensors.numpy

from musicgen.config import to_json
from musicgen.export.comparison import FLOAT_TOLERANCE, Ids, Logits, compare, read_own_texts
from musicgen.export.formats import Agreement, require_agreement
from musicgen.export.numpy_sampler import Network, read_safetensors
from musicgen.export.onnx_export import require_lstm
from musicgen.models.checkpoint import WEIGHTS_FILE, Checkpoint
from musicgen.storage import replacing_folder
from musicgen.translatable import Sentence

SCRIPT_FILE, SETTINGS_FILE = "sampler.py", "model.json"

_MODULES = {
    SCRIPT_FILE: "export/numpy_sampler.py",
    "copy_candidates.py": "models/copy_candidates.py",
    "position.py": "models/position.py",
    "relative.py": "models/relative.py",
}
_OURS = re.compile(r"^from musicgen\.models\.(\w+) import", re.MULTILINE)


def write_numpy(checkpoint: Checkpoint, path: Path) -> list[Agreement]:
    """Writes a folder with weights, settings and the script, once it says what our engine says.

    Raises:
        ExportError: the network is not built around an LSTM, or the script does not agree with it.
        StorageError: the folder cannot be written.
    """
    arrays = {
        name: np.ascontiguousarray(value, np.float32)
        for name, value in require_lstm(checkpoint).arrays.items()
    }
    known = checkpoint.metadata.to_dict() | {"fingerprint": checkpoint.fingerprint}
    known.pop("metrics", None)
    data = safetensors.numpy.save(arrays)
    texts = read_own_texts(checkpoint)
    network = Network(read_safetensors(data), known)
    theirs = np.stack([_read(network, row) for row in texts.ids])
    agreements = [compare(Sentence("logits of the script"), texts.logits, theirs, FLOAT_TOLERANCE)]
    require_agreement("NumPy", agreements)
    package = Path(__file__).parent.parent
    with replacing_folder(path) as folder:
        (folder / WEIGHTS_FILE).write_bytes(data)
        (folder / SETTINGS_FILE).write_text(to_json(known), encoding="utf-8")
        for name, place in _MODULES.items():
            source = (package / place).read_text(encoding="utf-8")
            (folder / name).write_text(_OURS.sub(r"from \1 import", source), encoding="utf-8")
    return agreements


def _read(network: Network, ids: Ids) -> Logits:
    network.begin()
    return np.stack([network.step(int(number)) for number in ids]).astype(np.float32)
