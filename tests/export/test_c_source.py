"""The program in C composes what our engine composes, to the last bit, and is clean."""

import shutil
import subprocess

import pytest

from musicgen.__main__ import main
from musicgen.config import SampleConfig
from musicgen.errors import ExportError
from musicgen.export.c_check import SANITIZERS, STRICT, compare_text, compose_fixed
from musicgen.export.c_source import c_header
from musicgen.sampling.composer import compose
from musicgen.sampling.fixed_point_draw import sharpness
from tests.export.networks import make_checkpoint

pytestmark = pytest.mark.skipif(not shutil.which("gcc"), reason="there is no gcc")

NETWORKS = {
    "echo with positions": {"position": True},
    "echo with degrees": {"position": True, "relative": True, "num_layers": 1, "hidden_size": 17},
    "echo alone": {},
    "norms": {"layer_norm": True, "position": True},
    "lstm": {"kind": "lstm", "described": False},
    "sharp": {"position": True, "relative": True, "size": 3.0},
}


@pytest.mark.parametrize("settings", NETWORKS.values(), ids=list(NETWORKS))
def test_c_writes_the_same_text_and_no_sanitizer_complains(settings):
    checkpoint = make_checkpoint(**settings)
    flags = ("-O1", *SANITIZERS)
    (found,) = compare_text(c_header(checkpoint), checkpoint, range(3), 1.0, flags, 400)
    assert found.largest == 0
    assert found.tunes == 3
    assert found.characters > 100


def test_a_difference_is_found():
    checkpoint, other = make_checkpoint(), make_checkpoint(seed=2)
    (found,) = compare_text(c_header(checkpoint), other, range(2))
    assert not found.is_within


def test_the_header_is_a_program_by_itself(tmp_path):
    checkpoint = make_checkpoint(position=True)
    (tmp_path / "net.h").write_text(c_header(checkpoint))
    command = ["gcc", *STRICT, "-DMUSICGEN_MAIN", "-x", "c", "net.h", "-o", "net"]
    subprocess.run(command, cwd=tmp_path, check=True)
    done = subprocess.run(
        [tmp_path / "net", "5", "70", "2"], capture_output=True, text=True, check=True
    )
    expected = [
        one.abc.rstrip("\n")
        for one in compose(
            checkpoint,
            SampleConfig(seed=5, count=2, temperature=0.7, free=True, precision="fixed"),
        )
    ]
    assert [text.rstrip("\n") for text in done.stdout.split("X:1\n")[1:]] == [
        text.removeprefix("X:1\n") for text in expected
    ]
    assert (
        subprocess.run([tmp_path / "net", "-1"], capture_output=True, check=False).returncode == 2
    )


def test_temperatures_in_hundredths_are_those_of_python(tmp_path):
    (tmp_path / "net.h").write_text(c_header(make_checkpoint(num_layers=1)))
    (tmp_path / "main.c").write_text(
        '#define main other_main\n#define MUSICGEN_MAIN\n#include "net.h"\n#undef main\n'
        "int main(void) { int t; for (t = 5; t <= 300; t++)"
        ' printf("%d\\n", (int)mg_sharpness(t)); return 0; }\n'
    )
    subprocess.run(["gcc", "main.c", "-o", "net"], cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "net"], capture_output=True, text=True, check=True)
    assert list(map(int, done.stdout.split())) == [sharpness(t / 100) for t in range(5, 301)]


def test_a_network_that_is_no_lstm_is_refused_with_a_sentence():
    with pytest.raises(ExportError, match="LSTM"):
        c_header(_attention())


def test_texts_of_seeds_apart_are_those_of_each_alone():
    checkpoint = make_checkpoint()
    both = compose_fixed(checkpoint, [3, 9], most=60)
    assert both == compose_fixed(checkpoint, [3], most=60) + compose_fixed(checkpoint, [9], most=60)


def _attention():
    import torch

    from musicgen.config import NetworkConfig
    from musicgen.models.checkpoint import Checkpoint
    from musicgen.models.registry import build_network

    made = make_checkpoint()
    config = NetworkConfig(kind="attention", vocab_size=70, embedding_dim=8, hidden_size=8)
    with torch.no_grad():
        return Checkpoint(
            build_network(config, 1),
            made.metadata.__class__(
                "other", 1, config, made.metadata.training, made.metadata.vocabulary
            ),
            "1" * 12,
        )


def test_export_writes_a_header_that_was_compared(tmp_path, monkeypatch, dataset, capsys):
    from tests.examples import write_checkpoint

    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path))
    write_checkpoint(tmp_path / "runs" / "small" / "best", dataset.vocabulary)
    out = tmp_path / "small.h"
    assert main(["export", "--checkpoint", "small", "--format", "c", "--out", str(out)]) == 0
    assert "MUSICGEN_MAIN" in out.read_text()
    assert "the same bits" in capsys.readouterr().out
