"""Every format opens in a program that is not ours, and says how its tune was made."""

import io
import re
import warnings
import zipfile
from dataclasses import replace
from xml.etree import ElementTree

import mido
import music21
import pypdf
import pytest
import soundfile

from musicgen.audio.arrangement import Arrangement
from musicgen.config import Paths
from musicgen.engraving.engraver import missing_part
from musicgen.errors import ProvenanceError
from musicgen.notation.parsing.reader import read_tune
from musicgen.rendering.files import embedded_provenance
from musicgen.rendering.files.archive import README, different, write_zip
from musicgen.rendering.files.embedded_provenance import read_recipes
from musicgen.rendering.files.formats import FORMATS, ExportTune, make_all


def make(piece: ExportTune, name: str) -> bytes:
    if FORMATS[name].is_engraved and (missing := missing_part(piece.paths)):
        pytest.skip(str(missing))
    return piece.make(name)


@pytest.mark.parametrize("kind", FORMATS.values(), ids=FORMATS)
def test_the_documents_name_every_format(kind):
    project = Paths.default().project
    places = {
        "README.md": rf"\b{kind.label}\b",
        "README.zh-CN.md": rf"\b{kind.label}\b",
        "docs/api.md": f"`{kind.suffix}`",
        "musicgen/api.py": rf"\b{kind.suffix}\b",
    }
    if not kind.is_engraved:  # the row is run as a test, with or without an engraver
        places["docs/terminal.md"] = rf"--formats [a-z0-9,]*\b{kind.name}\b"
    lacking = [
        place
        for place, word in places.items()
        if not re.search(word, (project / place).read_text(encoding="utf-8"))
    ]
    assert not lacking, f"{kind.label} is missing in {', '.join(lacking)}."


@pytest.mark.parametrize("name", FORMATS)
def test_every_file_brings_its_recipe_back(name, piece, composition, tmp_path):
    path = tmp_path / "renamed.bin"  # what a file is shows inside it
    path.write_bytes(make(piece, name))
    [recipe] = read_recipes(path)
    assert recipe.config == composition.config
    assert (recipe.checkpoint, recipe.fingerprint) == ("told", composition.fingerprint)


def test_a_format_that_nothing_makes_is_named(piece):
    with pytest.raises(NotImplementedError, match="no entry for 'braille'"):
        piece.make("braille")


@pytest.mark.parametrize("name", ["wav", "mp3", "ogg", "flac"])
def test_sound_plays_elsewhere_and_its_comment_is_whole(name, piece, composition):
    with soundfile.SoundFile(io.BytesIO(piece.make(name))) as file:
        assert 5 < file.frames / file.samplerate < 30
        assert abs(file.read()).max() > 0.05
        if name != "mp3":
            assert file.comment == composition.provenance()


@pytest.mark.parametrize("name", ["wav", "mp3", "ogg", "flac"])
def test_a_beginning_too_long_for_a_sound_file_leaves_the_recipe_readable(
    name, piece, composition, tmp_path
):
    long = replace(composition, config=composition.config.replace(prompt="é" * 3_000))
    path = tmp_path / f"tune.{name}"
    path.write_bytes(replace(piece, comment=long.provenance()).make(name))
    [recipe] = read_recipes(path)
    assert recipe.prompt_length == 3_000
    assert recipe.with_prompt("é" * 3_000).config == long.config


def test_a_rendered_sound_is_compressed_as_it_is(piece):
    wav = piece.make("wav")
    again = replace(piece, wav=wav)
    assert again.make("wav") is wav
    original, _ = soundfile.read(io.BytesIO(wav))
    flac, _ = soundfile.read(io.BytesIO(again.make("flac")))
    assert abs(original - flac).max() <= 2 / 32_768


def test_midi_has_the_instrument_and_the_text(piece, composition):
    fiddle = replace(piece, arrangement=Arrangement(instrument="fiddle"))
    file = mido.MidiFile(file=io.BytesIO(fiddle.make("midi")), charset="utf8")
    messages = [message for track in file.tracks for message in track]
    assert [one.text for one in messages if one.type == "text"] == [composition.provenance()]
    assert {one.program for one in messages if one.type == "program_change"} == {110}


def test_musicxml_opens_in_music21_and_holds_the_provenance(piece, composition):
    text = piece.make("musicxml").decode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        score = music21.converter.parseData(text, format="musicxml")
    assert len(score.recurse().notes) >= 20
    root = ElementTree.fromstring(text)  # noqa: S314 - our own
    identification = root.find("identification")
    assert [child.tag for child in identification][-2:] == ["encoding", "miscellaneous"]
    assert identification.findtext("miscellaneous/*[@name='provenance']") == (
        composition.provenance()
    )


def test_a_pdf_says_who_made_it_at_its_foot_and_inside(piece):
    reader = pypdf.PdfReader(io.BytesIO(make(piece, "pdf")))
    text = reader.pages[0].extract_text()
    assert "Šárka & <Co>" in text
    assert "musicgen · told 012345 · seed 4711 · temperature 0.8" in text
    assert reader.metadata.keywords.startswith("musicgen checkpoint=told")
    assert reader.metadata.title == "Šárka & <Co>"


def test_a_pdf_that_was_saved_again_still_says_it(piece, composition, tmp_path):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(make(piece, "pdf")))
    writer.compress_identical_objects()
    writer.write(tmp_path / "annotated.pdf")
    assert read_recipes(tmp_path / "annotated.pdf")[0].config == composition.config


@pytest.fixture
def untold(piece):
    """A piece whose title has characters that no font is likely to have."""
    text = piece.tune.text.replace("T:Šárka", "T:\U00014400 Šárka", 1)
    tune, _ = read_tune(text)
    return replace(piece, tune=tune, abc=text)


@pytest.mark.parametrize("name", ["pdf", "svg"])
def test_characters_that_no_font_here_has_are_said(name, untold):
    make(untold, name)
    remark = untold.remark(name)
    assert remark is not None
    assert remark.values == {"characters": "\U00014400"}
    assert untold.remark("abc") is None  # its text is whole
    made = make_all(untold, [name, "abc"])
    assert list(made.remarks) == [name]
    with zipfile.ZipFile(io.BytesIO(write_zip([untold], [name, "abc"]))) as archive:
        assert str(remark) in archive.read(README).decode()


def test_of_a_title_that_can_be_printed_nothing_is_said(piece):
    make(piece, "pdf")
    assert piece.remark("pdf") is None


def test_a_file_is_made_once(piece):
    assert piece.make("musicxml") is piece.make("musicxml")


def test_a_tune_without_notes_has_text_and_the_reasons(piece):
    silent = replace(piece, tune=read_tune("X:1\nK:D\n")[0])
    made = make_all(silent, ("abc", "midi", "mp3"))
    assert list(made.files) == ["abc"]
    assert all("no notes" in str(error) for error in made.missing.values())


def test_an_archive_holds_all_takes_and_says_how_to_make_them_again(piece, composition, tmp_path):
    other = replace(composition, seed=5, config=composition.config.replace(seed=5))
    pieces = [piece, replace(piece, comment=other.provenance())]
    data = write_zip(pieces, ("abc", "midi"))
    assert data == write_zip(pieces, ("abc", "midi"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            README, "told-4711.abc", "told-4711.mid", "told-4711-2.abc", "told-4711-2.mid",
        ]  # fmt: skip
        readme = archive.read(README).decode()
    assert "Šárka & <Co>" in readme
    assert "compose --from" in readme
    path = tmp_path / "takes.zip"
    path.write_bytes(data)
    assert [recipe.config.seed for recipe in read_recipes(path)] == [4711, 5]


def test_an_archive_without_its_readme_is_read_file_by_file(piece, composition, tmp_path):
    path = tmp_path / "own.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("folder/photo.jpg", b"\xff\xd8\xff\0")
        archive.writestr("folder/tune.abc", piece.make("abc"))
    assert read_recipes(path)[0].config == composition.config


def test_a_compressed_musicxml_is_an_archive_too(piece, composition, tmp_path):
    path = tmp_path / "tune.mxl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("META-INF/container.xml", "<?xml version='1.0'?><container/>")
        archive.writestr("tune.musicxml", piece.make("musicxml"))
    assert read_recipes(path)[0].config == composition.config


BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "does not say"),
        (b"X:1\nK:D\nABc|]\n", "does not say"),
        (b"\x89PNG\r\n\x1a\n\0\0", "does not say"),
        (b"%PDF-1.4\nnothing", "cannot be read|does not say"),
        (b"PK\x03\x04nothing", "cannot be read"),
        (b"MThd\0\0", "does not say"),
        (b"RIFF\0\0\0\0WAVE", "does not say"),
        (b"<?xml version='1.0'?><torn>", "cannot be read"),
        (BOMB, "cannot be read"),
        (b"N:musicgen checkpoint=house finger", "cut off"),
    ],
)
def test_a_file_that_is_none_of_ours_is_a_sentence(data, words, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(ProvenanceError, match=words):
        read_recipes(path)


def test_a_missing_file_a_folder_and_a_huge_file_are_sentences(tmp_path, monkeypatch):
    with pytest.raises(ProvenanceError, match="cannot be read"):
        read_recipes(tmp_path / "nothing")
    with pytest.raises(ProvenanceError, match="cannot be read"):
        read_recipes(tmp_path)
    monkeypatch.setattr(embedded_provenance, "MAX_BYTES", 10)
    (tmp_path / "big").write_bytes(b"x" * 11)
    with pytest.raises(ProvenanceError, match="too large"):
        read_recipes(tmp_path / "big")


def test_names_that_repeat_are_numbered():
    assert different(["a", "b", "a", "a-2", "a"]) == ["a", "b", "a-2", "a-2-2", "a-3"]
