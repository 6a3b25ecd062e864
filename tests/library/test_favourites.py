import json
from pathlib import Path

import pytest

from musicgen.config import SampleConfig, to_json
from musicgen.errors import FavouriteError
from musicgen.library import favourites
from musicgen.library.favourites import FavouriteStore, favourite_key
from musicgen.library.serialization import to_values
from musicgen.models.checkpoint import Checkpoint
from musicgen.sampling.composer import Composition, compose


@pytest.fixture(scope="module")
def tunes(knowing: Checkpoint) -> list[Composition]:
    return compose(knowing, SampleConfig(count=3))


@pytest.fixture
def store(tmp_path: Path) -> FavouriteStore:
    return FavouriteStore(tmp_path / "favourites")


def write_old(folder: Path, tune: Composition, name: str, created: str) -> Path:
    """A favourite as versions before the tunebook kept it."""
    folder.mkdir(exist_ok=True)
    values = to_values(tune)
    path = folder / f"{favourite_key(values)}.json"
    content = {"version": 1, "name": name, "created": created, "tune": values}
    path.write_text(to_json(content), "utf-8")
    return path


def test_a_tune_is_kept_under_its_title_and_comes_back(
    store: FavouriteStore, tunes: list[Composition]
) -> None:
    assert not store.has(tunes[0])
    kept = store.add(tunes[0])
    assert kept.name == "The Patient Machine"
    assert store.has(tunes[0]) and not store.has(tunes[1])
    (found,) = store.list()
    assert (found.key, found.name) == (kept.key, kept.name)
    assert found.composition.to_abc() == tunes[0].to_abc()


def test_keeping_a_tune_twice_keeps_its_name(
    store: FavouriteStore, tunes: list[Composition]
) -> None:
    kept = store.add(tunes[0])
    store.rename(kept.key, "Mine")
    store.add(tunes[0])
    (found,) = store.list()
    assert found.name == "Mine"
    named = found.composition
    assert named.public_tune.title == "Mine" and "T:Mine\n" in named.to_abc()
    assert store.has(named) and store.add(named).key == kept.key


def test_a_favourite_is_a_tune_of_the_tunebook(
    store: FavouriteStore, tunes: list[Composition]
) -> None:
    kept = store.add(tunes[0], "Mine")
    (tune,) = store.book.tunes()
    assert (tune.key, tune.title, tune.is_composed) == (kept.key, "Mine", True)
    assert "musicgen checkpoint=" in tune.text and "T:Mine\n" in tune.text


def test_old_favourites_are_taken_over_with_their_names_and_days(
    store: FavouriteStore, tunes: list[Composition], tmp_path: Path
) -> None:
    days = ("2024-01-02", "2025-01-02", "2023-01-02")
    paths = [
        write_old(tmp_path / "favourites", tune, day, day)
        for tune, day in zip(tunes, days, strict=True)
    ]
    found = store.list()
    assert [one.name for one in found] == sorted(days, reverse=True)
    assert [one.created for one in found] == sorted(days, reverse=True)
    assert {one.composition.abc for one in found} == {tune.abc for tune in tunes}
    assert not any(path.exists() for path in paths)
    assert len(store.list()) == 3


def test_what_is_taken_over_twice_after_a_kill_is_there_once(
    store: FavouriteStore, tunes: list[Composition], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    path = write_old(tmp_path / "favourites", tunes[0], "Mine", "2024-01-02")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            store.list()
    assert path.exists()
    store.book.change(store.list()[0].key, title="Ours")
    assert [one.name for one in store.list()] == ["Ours"]
    assert not path.exists()


def test_what_is_removed_can_be_restored(store: FavouriteStore, tunes: list[Composition]) -> None:
    kept = store.add(tunes[0], "Mine")
    before = store.list()
    removed = store.remove(kept.key)
    assert not store.list()
    store.restore(removed)
    assert store.list() == before


def test_there_is_an_end_to_keeping(
    store: FavouriteStore, tunes: list[Composition], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(favourites, "MAX_FAVOURITES", 2)
    store.add(tunes[0])
    store.add(tunes[1])
    store.add(tunes[1])
    with pytest.raises(FavouriteError, match="2 favourites already"):
        store.add(tunes[2])


@pytest.mark.parametrize("key", ["../../etc/passwd", "", "0" * 16, "x' OR 1=1 --"])
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
def test_damaged_files_are_passed_over_and_stay(
    store: FavouriteStore, tunes: list[Composition], tmp_path: Path, content: str
) -> None:
    kept = store.add(tunes[0])
    folder = tmp_path / "favourites"
    folder.mkdir()
    path = folder / f"{'0' * 16}.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    (folder / "notes.json").write_text(json.dumps({}), "utf-8")
    assert [one.key for one in store.list()] == [kept.key]
    assert path.exists() and store.count_damaged() == 1
    store.remove_damaged()
    assert not path.exists() and store.count_damaged() == 0


def test_a_tunebook_that_is_damaged_holds_no_favourite(
    store: FavouriteStore, tunes: list[Composition], tmp_path: Path
) -> None:
    (tmp_path / "tunebook.sqlite").write_bytes(b"no database, but quite some text" * 100)
    assert not store.has(tunes[0])
