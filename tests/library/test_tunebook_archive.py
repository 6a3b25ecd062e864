"""A whole tunebook goes out and comes back; files of strangers do no harm."""

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from musicgen.config import SampleConfig
from musicgen.errors import NotationError, TunebookError
from musicgen.library.book_tune import BookSet, SetTune
from musicgen.library.book_tune import make_tune as make_book_tune
from musicgen.library.favourites import FavouriteStore
from musicgen.library.tunebook import Tunebook
from musicgen.library.tunebook_archive import (
    JSON_NAME,
    Imported,
    import_abc,
    import_archive,
    write_abc_book,
    write_archive,
)
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.parsing.tunebook import read_tunebook
from musicgen.sampling.composer import compose
from tests.damaging import damage_json
from tests.examples import make_tune

BOOK = (
    "L:1/8\nR:jig\n\nX:1\nT:One\nM:6/8\nK:D\nDFA dAF|\n\nX:2\nT:Silent\nK:C\n\n"
    "X:3\nT:Three\nR:reel\nK:G\nGABc|\n"
)


@pytest.fixture
def book(tmp_path: Path, knowing: Checkpoint) -> Tunebook:
    """Two tunes that were brought, one that was composed, tags, a note and a set."""
    store = FavouriteStore(tmp_path / "one" / "favourites")
    import_abc(store.book, f"{make_tune(1)}\n\n{make_tune(2)}\n", ["brought"])
    store.add(compose(knowing, SampleConfig(seed=5))[0], "Mine")
    first, second, third = store.book.tunes()
    store.book.change(first.key, tags=["session", "slow"], note="von Ännchen 茉莉花")
    store.book.put_set(BookSet("Friday", (SetTune(third.key, 3), SetTune(second.key, 2, -5))))
    return store.book


def test_a_whole_book_comes_back_in_another_home(book: Tunebook, tmp_path: Path) -> None:
    other = Tunebook(tmp_path / "two" / "tunebook.sqlite")
    assert import_archive(other, write_archive(book)) == Imported(3, 1, 0)
    assert other.tunes() == book.tunes()
    assert other.sets() == book.sets()
    for tune in book.tunes():
        assert other.values(tune.key) == book.values(tune.key)
    assert write_archive(other) == write_archive(book)
    assert import_archive(other, write_archive(book)) == Imported(0, 0, 3)


def test_tunes_of_one_moment_keep_their_order(tmp_path: Path) -> None:
    one, other = Tunebook(tmp_path / "one.sqlite"), Tunebook(tmp_path / "other.sqlite")
    moment = "2026-01-02T03:04:05.678+00:00"
    one.add([replace(make_book_tune(make_tune(number)), created=moment) for number in (1, 2, 3)])
    import_archive(other, write_archive(one))
    assert other.tunes() == one.tunes()
    assert [tune.title for tune in other.tunes()] == ["Tune 3", "Tune 2", "Tune 1"]


def test_another_set_of_the_same_name_gets_a_number(book: Tunebook, tmp_path: Path) -> None:
    data = write_archive(book)
    book.put_set(BookSet("Friday", book.get_set("Friday").tunes[:1]))
    assert import_archive(book, data).sets == 1
    assert [one.name for one in book.sets()] == ["Friday", "Friday (2)"]


def test_the_abc_of_an_archive_is_a_tunebook_for_other_programs(book: Tunebook) -> None:
    with zipfile.ZipFile(io.BytesIO(write_archive(book))) as archive:
        text = archive.read("tunebook.abc").decode()
    assert text == write_abc_book(book.tunes())
    tunes = read_tunebook(text)
    assert [tune.title for tune, _ in tunes] == [tune.title for tune in book.tunes()]
    assert [tune.reference for tune, _ in tunes] == ["1", "2", "3"]


def test_tunes_take_the_fields_of_their_books_header_along(tmp_path: Path) -> None:
    book = Tunebook(tmp_path / "tunebook.sqlite")
    assert import_abc(book, BOOK, ["new"]) == Imported(2, 0, 0, empty=1)
    three, one = book.tunes()
    assert (one.title, one.rhythm, one.tags) == ("One", "jig", ("new",))
    assert (three.title, three.rhythm) == ("Three", "reel")
    with pytest.raises(NotationError):
        import_abc(book, "no tune at all")


def pack(text: str | bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(JSON_NAME, text)
    return buffer.getvalue()


@pytest.mark.parametrize("data", [b"", b"PK\3\4", b"x" * 100, pack("[]"), pack("{}"), pack("{")])
def test_what_is_no_archive_is_a_sentence(book: Tunebook, data: bytes) -> None:
    with pytest.raises(TunebookError, match="no backup"):
        import_archive(book, data)
    assert book.count() == 3


def test_damaged_archives_leave_the_book_as_it_was_or_better(
    book: Tunebook, tmp_path: Path
) -> None:
    with zipfile.ZipFile(io.BytesIO(write_archive(book))) as archive:
        text = archive.read(JSON_NAME).decode()
    content = json.loads(text)
    for entry in content["tunes"]:
        if entry["composition"]:
            entry["composition"]["char_probs"] = entry["composition"]["char_probs"][:2]
    other = Tunebook(tmp_path / "other.sqlite")
    for damaged in damage_json(json.dumps(content), 3, 60):
        try:
            import_archive(other, pack(damaged.encode("utf-8", "surrogatepass")))
        except TunebookError:
            continue
    for tune in other.tunes():
        assert tune.title.isprintable() and len(tune.key) == 16
        other.values(tune.key)
    assert write_archive(other)


def test_ones_instrument_comes_back_where_none_is_chosen(book: Tunebook, tmp_path: Path) -> None:
    for name, value in (("instrument", "whistle D"), ("clef", "treble-8"), ("other", "x")):
        book.choose(name, value)
    data = write_archive(book)
    fresh, chosen = Tunebook(tmp_path / "fresh.sqlite"), Tunebook(tmp_path / "chosen.sqlite")
    chosen.choose("instrument", "fiddle")
    for other in (fresh, chosen):
        import_archive(other, data)
    assert (fresh.choice("instrument"), fresh.choice("clef")) == ("whistle D", "treble-8")
    assert (chosen.choice("instrument"), chosen.choice("clef")) == ("fiddle", "")
    assert not fresh.choice("other")
