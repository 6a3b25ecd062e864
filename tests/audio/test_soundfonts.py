from pathlib import Path

import pytest

from musicgen.audio import soundfonts


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(soundfonts, "system_folders", lambda: [tmp_path / "missing", tmp_path])
    return tmp_path


def add(folder: Path, name: str, size: int = 10) -> Path:
    path = folder / name
    path.write_bytes(b"RIFF\0\0\0\0sfbk" + b"x" * size)
    return path


def test_chosen_file_comes_first(folder, tmp_path):
    add(folder, "FluidR3_GM.sf2")
    chosen = add(tmp_path, "my own.sf2")
    assert soundfonts.find_soundfonts({"SOUNDFONT": str(chosen)})[0] == chosen


def test_chosen_file_that_is_missing_is_said_and_passed_over(folder, caplog):
    bank = add(folder, "FluidR3_GM.sf2")
    assert soundfonts.find_soundfonts({"SOUNDFONT": "/no/such.sf2"})[0] == bank
    assert "SOUNDFONT names" in caplog.text


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no soundfont at all", b"RIFF\0\0\0\0WAVE"])
def test_file_that_is_no_soundfont_is_passed_over(content, folder, caplog):
    broken = folder / "FluidR3_GM.sf2"
    broken.write_bytes(content)
    assert broken not in soundfonts.find_soundfonts({"SOUNDFONT": str(broken)})
    assert "no soundfont" in caplog.text


def test_better_banks_come_before_small_ones(folder):
    for name in ("TimGM6mb.sf2", "FluidR3_GM.sf2", "MuseScore_General.sf3"):
        add(folder, name)
    names = [path.name for path in soundfonts.find_soundfonts({})]
    assert names[:3] == ["MuseScore_General.sf3", "FluidR3_GM.sf2", "TimGM6mb.sf2"]


def test_larger_of_two_like_banks_comes_first(folder):
    add(folder, "MuseScore_General_Lite.sf3", 10)
    add(folder, "MuseScore_General_HQ.sf3", 20)
    assert soundfonts.find_soundfonts({})[0].name == "MuseScore_General_HQ.sf3"


def test_links_are_followed_and_counted_once(folder):
    small = add(folder, "TimGM6mb.sf2")
    (folder / "default-GM.sf2").symlink_to(small)
    assert soundfonts.find_soundfonts({}).count(small) == 1


def test_banks_that_may_lack_instruments_are_not_taken(folder):
    for name in ("FluidR3_GS.sf2", "just a piano.sf2", "readme.txt"):
        add(folder, name)
    assert not {path.parent for path in soundfonts.find_soundfonts({})} & {folder}


def test_bank_that_comes_with_pretty_midi_is_the_last_resort(folder):
    add(folder, "FluidR3_GM.sf2")
    last = soundfonts.find_soundfonts({})[-1]
    assert last.name == "TimGM6mb.sf2"
    assert soundfonts.is_soundfont(last)


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32", "freebsd14"])
def test_every_system_has_its_folders(platform):
    assert soundfonts.system_folders(platform)
