"""The program in C on an emulated chip; skipped where compiler or emulator is missing."""

import json

import pytest

from musicgen.__main__ import main
from musicgen.errors import ExportError
from musicgen.export import chip
from musicgen.export.chip import measure_chip, missing_tools
from tests.examples import write_checkpoint
from tests.export.networks import make_checkpoint

on_a_chip = pytest.mark.skipif(bool(missing_tools()), reason="no compiler or emulator for chips")


@on_a_chip
def test_a_network_of_the_students_size_composes_on_a_cortex_m4():
    checkpoint = make_checkpoint(
        position=True, relative=True, embedding_dim=64, hidden_size=272, num_layers=1
    )
    found = measure_chip(checkpoint, [1, 2], most=20)
    assert found.wrong == 0
    assert found.tunes == 2
    assert found.flash_bytes < 1_000_000
    assert found.ram_bytes < 128_000
    assert 100_000 < found.instructions < 5_000_000


@on_a_chip
def test_a_network_that_the_chip_has_no_room_for_is_a_sentence():
    checkpoint = make_checkpoint(kind="lstm", hidden_size=1024, num_layers=1, described=False)
    with pytest.raises(ExportError, match="no room"):
        measure_chip(checkpoint, [1])


def test_missing_tools_are_named(monkeypatch):
    monkeypatch.setattr(chip.shutil, "which", lambda _name: None)
    with pytest.raises(ExportError, match=r"arm-none-eabi-gcc.*qemu-system-arm.*apt install"):
        measure_chip(make_checkpoint(), [1])


def test_the_command_says_what_a_chip_takes(tmp_path, monkeypatch, dataset, capsys):
    report = chip.ChipReport(500_000, 10_000, 1_000_000, 300, 2, 0)
    monkeypatch.setattr("musicgen.cli.export.measure_chip", lambda *_: report)
    monkeypatch.setattr("musicgen.export.c_source.find_compiler", lambda: None)
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path))
    write_checkpoint(tmp_path / "runs" / "small" / "best", dataset.vocabulary)
    command = ["export", "--checkpoint", "small", "--out", str(tmp_path / "small.h"), "--chip"]
    assert main([*command, "--format", "c"]) == 0
    assert "500,000 bytes of flash" in capsys.readouterr().out
    assert main([*command, "--format", "c", "--overwrite", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["chip"]["instructions"] == 1_000_000
    assert main([*command, "--format", "onnx"]) == 2
    assert "--format c" in capsys.readouterr().err
