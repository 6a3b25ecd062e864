import ast
import subprocess
import sys
from pathlib import Path

import pytest

from musicgen.corpus.dataset import Dataset
from musicgen.errors import ExportError
from musicgen.export import numpy_export
from musicgen.export.numpy_export import write_numpy
from tests.random_checkpoints import SHAPES, build_checkpoint


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_script_says_what_the_engine_says(
    tmp_path: Path, dataset: Dataset, shape: dict[str, object]
) -> None:
    (one,) = write_numpy(build_checkpoint(tmp_path / "some", dataset, **shape), tmp_path / "out")
    assert one.is_within and one.characters >= 1200


def test_the_script_needs_nothing_but_numpy_and_composes(tmp_path: Path, dataset: Dataset) -> None:
    write_numpy(build_checkpoint(tmp_path / "model", dataset, **SHAPES[3]), tmp_path / "out")
    for file in (tmp_path / "out").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                top = name.partition(".")[0]
                known = {"numpy", *(one.stem for one in (tmp_path / "out").glob("*.py"))}
                assert top in sys.stdlib_module_names or top in known, (file.name, name)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-c",
                   "import runpy, sys; sys.path.insert(0, sys.argv[1]); sys.argv[1:2] = []; "
                   "runpy.run_path(sys.path[0] + '/sampler.py', run_name='__main__')",
                   str(tmp_path / "out"), *words]  # fmt: skip
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    def sample(seed: str) -> str:
        done = run("--seed", seed, "--prompt", "X:")
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert sample("1").startswith("X:") and len(sample("1")) > 2
    assert sample("1") == sample("1") != sample("2")
    for words in (("--prompt", "X:\u4e2d"), ("--temperature", "0")):
        refused = run(*words)
        assert refused.returncode == 2 and "Traceback" not in refused.stderr
        assert refused.stderr.splitlines()[-1].endswith(("['中']", "above 0."))


def test_a_script_that_says_something_else_is_not_written(
    tmp_path: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = numpy_export.read_safetensors
    monkeypatch.setattr(
        numpy_export,
        "read_safetensors",
        lambda data: {name: value + 0.01 for name, value in right(data).items()},
    )
    checkpoint = build_checkpoint(tmp_path / "some", dataset)
    with pytest.raises(ExportError, match="Nothing was written"):
        write_numpy(checkpoint, tmp_path / "out")
    assert not (tmp_path / "out").exists()
