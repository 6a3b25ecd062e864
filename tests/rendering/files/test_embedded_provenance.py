"""Files that were damaged, or made to do harm: each is a sentence, and little is read of it."""

import io
import json
import random
import zipfile
from pathlib import Path

import pytest

from musicgen.engraving.engraver import missing_part
from musicgen.errors import ProvenanceError
from musicgen.rendering.files import embedded_provenance
from musicgen.rendering.files.archive import write_zip
from musicgen.rendering.files.embedded_provenance import read_recipes
from musicgen.rendering.files.formats import FORMATS
from tests.thorough import count, some

TRIES = count(60, 200)
LINE = (
    'musicgen checkpoint=told fingerprint=0123456789ab seed={seed} settings={{"temperature":0.8}}\n'
)
SEEDS = some((1, 2), 2)


def damage(data: bytes, rng: random.Random) -> bytes:
    """The file cut off, with bits flipped, or with a stretch of it moved, lost or doubled."""
    changed = bytearray(data)
    start, other, length = (rng.randrange(len(data)) for _ in range(3))
    length = 1 + length % 2_000
    kind = rng.choice(("truncate", "flip", "splice", "lose", "double", "blank"))
    if kind == "truncate":
        return data[:start]
    if kind == "flip":
        for _ in range(rng.choice((1, 3, 30))):
            changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    elif kind == "splice":
        changed[start : start + length] = data[other : other + length]
    elif kind == "lose":
        del changed[start : start + length]
    elif kind == "double":
        changed[start:start] = data[start : start + length]
    else:
        changed[start : start + length] = bytes(length)
    return bytes(changed)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", [*FORMATS, "zip"])
def test_a_damaged_file_is_read_or_is_a_sentence(piece, tmp_path, name, seed):
    if name in FORMATS and FORMATS[name].is_engraved and missing_part(piece.paths):
        pytest.skip("Nothing to engrave with here.")
    data = write_zip([piece], ["abc", "midi", "musicxml"]) if name == "zip" else piece.make(name)
    rng = random.Random(f"{name} {seed}")
    path, told = tmp_path / "damaged", 0
    for _ in range(TRIES):
        path.write_bytes(damage(data, rng))
        try:
            assert read_recipes(path)
        except ProvenanceError:
            told += 1
    assert told < TRIES


@pytest.mark.parametrize("kind", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_with_nonsense_in_it_is_a_sentence(tmp_path, kind):
    """Each kind of packing meets bytes that it cannot have written."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", kind) as archive:
        archive.writestr("a.txt", LINE.format(seed=1) * 100)
    data = buffer.getvalue()
    head = 30 + len("a.txt")
    rng, path = random.Random(7), tmp_path / "a.zip"
    for _ in range(TRIES):
        path.write_bytes(data[:head] + rng.randbytes(60) + data[head + 60 :])
        with pytest.raises(ProvenanceError):
            read_recipes(path)


@pytest.mark.parametrize("kind", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_packing_that_we_do_not_use_is_not_unpacked(tmp_path, kind):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", kind) as archive:
        archive.writestr("a.txt", LINE.format(seed=1))
    with pytest.raises(ProvenanceError, match="damaged"):
        read_recipes(tmp_path / "a.zip")


def test_of_an_archive_no_more_is_unpacked_than_the_bound(tmp_path, monkeypatch):
    read = []
    monkeypatch.setattr(
        embedded_provenance, "_binary_texts", lambda data: read.append(len(data)) or ()
    )
    monkeypatch.setattr(embedded_provenance, "MAX_BYTES", 1_000_000)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            archive.writestr(f"{number}.wav", b"RIFF" + bytes(600_000))
    with pytest.raises(ProvenanceError):
        read_recipes(tmp_path / "a.zip")
    assert sum(read) <= 1_000_000


def test_an_archive_of_very_many_names_is_not_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(embedded_provenance, "MAX_ENTRIES_LISTED", 10)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("README.txt", LINE.format(seed=1))
        for number in range(10):
            archive.writestr(f"{number}", b"")
    with pytest.raises(ProvenanceError, match="damaged"):
        read_recipes(tmp_path / "a.zip")


def _entities(deep: int) -> bytes:
    defined = "".join(
        f'<!ENTITY e{number} "{f"&e{number - 1};" * 10}">' for number in range(1, deep)
    )
    return (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "{LINE.format(seed=1)!r}">{defined}]>'
        f"<score-partwise>&e{deep - 1};</score-partwise>"
    ).encode()


@pytest.mark.parametrize(
    "data",
    [
        _entities(2),
        _entities(12),
        b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY % a SYSTEM "file:///etc/passwd">%a;]><svg/>',
        b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg>&a;</svg>',
        b"<svg>" + b"<g>" * 100_000,
        b'<?xml version="1.0" encoding="utf-16"?><svg/>',
        b'<?xml version="1.0" encoding="no-such"?><svg/>',
        b"<svg>\xff\xfe</svg>",
    ],
)
def test_xml_that_defines_its_own_words_or_is_none_is_a_sentence(tmp_path, data):
    (tmp_path / "a.svg").write_bytes(data)
    with pytest.raises(ProvenanceError, match="damaged"):
        read_recipes(tmp_path / "a.svg")


@pytest.mark.parametrize(
    "settings",
    [
        '{"temperature":NaN}', '{"temperature":Infinity}', '{"temperature":1e999}',
        '{"temperature":' + "1" * 4_000 + "}", '{"top_k":' + "1" * 5_000 + "}", '{"seed":1}',
        '{"prompt":"' + "a" * 60_000 + '"}', '{"prompt":"' + "a" * 200_000 + '"}',
        '{"key":"' + "a" * 5_000 + '"}', '{"edits":{}}', '{"edits":[[[]]]}', '{"edits":[{}]}',
        '{"heard":[]}', '{"grammar":"1"}', '{"grammar":true}', '{"prompt_characters":"1"}',
        '{"\\ud800":1}', '{"a":' * 100_000,
        '{"prompt":"', "{", '{"meter":5}', '{"free":"no","grammar":1}',
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_a_sentence(tmp_path, settings):
    path = tmp_path / "a.abc"
    path.write_text(LINE.format(seed=1).partition("{")[0] + settings)
    with pytest.raises(ProvenanceError) as told:
        read_recipes(path)
    assert len(str(told.value)) < 1_000


def test_the_same_tune_many_times_is_one_tune(tmp_path):
    (tmp_path / "a.abc").write_text(LINE.format(seed=1) * 3_000 + LINE.format(seed=2))
    assert [recipe.config.seed for recipe in read_recipes(tmp_path / "a.abc")] == [1, 2]


def test_more_tunes_than_are_made_again_are_a_sentence(tmp_path):
    lines = [LINE.format(seed=seed) for seed in range(embedded_provenance.MAX_TUNES + 1)]
    path = tmp_path / "a.abc"
    path.write_text("".join(lines[:-1]))
    assert len(read_recipes(path)) == embedded_provenance.MAX_TUNES
    path.write_text("".join(lines))
    with pytest.raises(ProvenanceError, match="more than 1,000 tunes"):
        read_recipes(path)
    path.write_text(lines[0] * 20_000)
    with pytest.raises(ProvenanceError, match="more than 10,000 tunes"):
        read_recipes(path)


@pytest.mark.parametrize(
    ("name", "data", "bound"),
    [("a.pdf", b"%PDF-1.4\n" + b"startxref\n", "MAX_PDF_BYTES"),
     ("a.abc", b"X:1\n", "MAX_TEXT_BYTES"), ("a.svg", b"<svg>\n", "MAX_TEXT_BYTES")],
)  # fmt: skip
def test_what_is_larger_than_any_file_of_ours_is_not_read(tmp_path, monkeypatch, name, data, bound):
    monkeypatch.setattr(embedded_provenance, bound, 1_000_000)
    (tmp_path / name).write_bytes(data + b"startxref\n" * 100_000)
    with pytest.raises(ProvenanceError, match="more than 1 MB"):
        read_recipes(tmp_path / name)


def test_keywords_of_a_pdf_are_read_with_their_escapes(tmp_path):
    line = LINE.format(seed=1).strip()
    written = line.replace("\\", r"\\").replace("(", r"\(").replace("{", r"\173")
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4\n<< /Keywords (" + written.encode() + b") >>")
    (recipe,) = read_recipes(tmp_path / "a.pdf")
    assert recipe.checkpoint == "told"


def test_a_pdf_that_another_program_wrote_anew_is_still_read(tmp_path):
    from pypdf import PdfWriter

    prompt = "X:1\nT:(a) \\ b\n"
    line = LINE.format(seed=1).replace('{"', '{"prompt":' + json.dumps(prompt) + ',"').strip()
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_metadata({"/Keywords": line})
    writer.compress_identical_objects()
    with (tmp_path / "a.pdf").open("wb") as file:
        writer.write(file)
    (recipe,) = read_recipes(tmp_path / "a.pdf")
    assert recipe.config.prompt == prompt


def test_a_folder_is_no_file(tmp_path: Path):
    with pytest.raises(ProvenanceError, match="cannot be read"):
        read_recipes(tmp_path)
