import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.config import SampleConfig
from musicgen.errors import FavouriteError
from musicgen.library import favourites
from musicgen.library.favourites import MAX_FAVOURITE_NAME, FavouriteStore, clean_name
from musicgen.models.checkpoint import Checkpoint
from musicgen.sampling.composer import Composition, compose


@pytest.fixture(scope="module")
def tunes(knowing: Checkpoint) -> list[Composition]:
    return compose(knowing, SampleConfig(count=3))


@pytest.fixture
def store(tmp_path: Path) -> FavouriteStore:
    return FavouriteStore(tmp_path / "favourites")


def test_a_tune_is_kept_under_its_title_and_comes_back(
    store: FavouriteStore, tunes: list[Composition]
) -> None:
    assert not store.has(tunes[0])
    kept = store.add(tunes[0])
    assert kept.name == "The Patient Machine"
    assert store.has(tunes[0]) and not store.has(tunes[1])
    (found,) = store.list()
    assert found == kept
    assert found.composition.to_abc() == tunes[0].to_abc()


def test_keeping_a_tune_twice_keeps_its_name(
    store: FavouriteStore, tunes: list[Composition]
) -> None:
    kept = store.add(tunes[0])
    store.rename(kept.key, "Mine")
    store.add(tunes[0])
    assert [one.name for one in store.list()] == ["Mine"]


def test_the_newest_stands_first(
    store: FavouriteStore, tunes: list[Composition], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = [store.add(tune) for tune in tunes]
    for number, one in enumerate(kept):
        path = store._path(one.key)
        path.write_text(path.read_text("utf-8").replace(one.created, f"202{number}"), "utf-8")
    assert [one.key for one in store.list()] == [one.key for one in reversed(kept)]


def test_what_is_removed_can_be_restored(store: FavouriteStore, tunes: list[Composition]) -> None:
    kept = store.add(tunes[0], "Mine")
    removed = store.remove(kept.key)
    assert not store.list()
    store.restore(removed)
    assert store.list() == [kept]


def test_there_is_an_end_to_keeping(
    store: FavouriteStore, tunes: list[Composition], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(favourites, "MAX_FAVOURITES", 2)
    store.add(tunes[0])
    store.add(tunes[1])
    store.add(tunes[1])
    with pytest.raises(FavouriteError, match="2 favourites already"):
        store.add(tunes[2])


@pytest.mark.parametrize("key", ["../../etc/passwd", "", "0" * 16, "x" * 16])
def test_what_is_not_there_is_a_sentence_and_no_path(store: FavouriteStore, key: str) -> None:
    with pytest.raises(FavouriteError, match="gone"):
        store.remove(key)
    with pytest.raises(FavouriteError, match="gone"):
        store.rename(key, "a")


DAMAGED = (
    "",
    "{",
    "[]",
    "null",
    '{"version":1}',
    '{"version":1,"name":"a","created":"b","tune":{}}',
    "[" * 100_000,
    "\udcff",
)


@pytest.mark.parametrize("content", DAMAGED)
def test_damaged_files_are_passed_over(
    store: FavouriteStore, tunes: list[Composition], content: str
) -> None:
    kept = store.add(tunes[0])
    path = store._path("0" * 16)
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    (path.parent / "notes.json").write_text(json.dumps({}), "utf-8")
    assert store.list() == [kept]


@given(st.text(max_size=300))
def test_a_name_is_one_short_line(text: str) -> None:
    name = clean_name(text)
    assert 0 < len(name) <= MAX_FAVOURITE_NAME
    assert name == " ".join(name.split())
    assert name.isprintable()
    assert clean_name(name) == name
