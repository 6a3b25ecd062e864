"""The tunebook: nothing is lost, nothing is half done, and tunes are found."""

import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.errors import NotationError, TunebookError
from musicgen.library import tunebook
from musicgen.library.book_tune import (
    MAX_TITLE,
    BookSet,
    SetTune,
    clean_title,
    make_tune,
    moved,
    text_key,
    to_file_name,
    with_title,
)
from musicgen.library.tunebook import Question, Tunebook
from musicgen.notation.parsing.reader import read_tune
from tests.examples import make_tune as make_abc

PROJECT = Path(__file__).parents[2]
JIG = "X:7\nT:The Kettle\nC:Anon\nR:jig\nM:6/8\nL:1/8\nK:Edor\n|:EFG BAB|dBA GFE:|\n"
REEL = "X:8\nT:The Pot\nR:reel\nM:4/4\nL:1/8\nK:D\n|:DEFG ABcd|dcBA GFED:|\n"


@pytest.fixture
def book(tmp_path: Path) -> Tunebook:
    return Tunebook(tmp_path / "tunebook.sqlite")


def add(book: Tunebook, *texts: str) -> list[str]:
    return book.add([make_tune(text) for text in texts])


def test_a_book_that_is_not_there_is_empty_and_is_not_made(book: Tunebook) -> None:
    assert not book.tunes() and not book.sets() and not book.tags() and not book.count()
    assert not book.has("0" * 16) and book.choice("instrument") == ""
    assert not book.path.exists()


def test_a_tune_comes_back_as_it_was_added(book: Tunebook) -> None:
    (key,) = add(book, JIG)
    tune = book.get(key)
    assert (tune.title, tune.rhythm, tune.meter, tune.music_key) == (
        "The Kettle", "jig", "6/8", "E dorian",
    )  # fmt: skip
    assert tune.abc == JIG and book.has(key)
    assert add(book, JIG, JIG.replace("X:7", "X:12")) == []
    assert book.count() == 1


def test_title_tags_and_note_are_changed_and_stay(book: Tunebook) -> None:
    (key,) = add(book, JIG)
    book.change(key, title=" Mine\n", tags=["session", "slow ", "session", ""], note="from Anna")
    tune = Tunebook(book.path).get(key)
    assert (tune.title, tune.tags, tune.note) == ("Mine", ("session", "slow"), "from Anna")
    assert "T:Mine\n" in tune.text and "The Kettle" not in tune.text
    assert book.tags() == ["session", "slow"]
    assert [one.key for one in book.tunes(Question(tag="SLOW"))] == [key]


@pytest.mark.parametrize(
    ("question", "titles"),
    [
        (Question(words="kett"), ["The Kettle"]),
        (Question(words="anon JIG"), ["The Kettle"]),
        (Question(words="anon reel"), []),
        (Question(words="ANON"), ["The Kettle"]),
        (Question(rhythm="Reel"), ["The Pot"]),
        (Question(music_key="e dorian"), ["The Kettle"]),
        (Question(music_key="D"), ["The Pot"]),
        (Question(meter="6/8"), ["The Kettle"]),
        (Question(), ["The Pot", "The Kettle"]),
    ],
)
def test_tunes_are_found_by_what_they_are(
    book: Tunebook, question: Question, titles: list[str]
) -> None:
    add(book, JIG, REEL)
    assert [tune.title for tune in book.tunes(question)] == titles


def test_a_set_keeps_its_order_its_repeats_and_its_keys(book: Tunebook) -> None:
    jig, reel = add(book, JIG, REEL)
    wanted = BookSet("Friday", (SetTune(reel, 3), SetTune(jig, 2, -2), SetTune(reel)))
    book.put_set(wanted)
    assert book.get_set("friday").tunes == wanted.tunes
    book.put_set(BookSet("Friday", wanted.tunes[:1]))
    assert [one.tunes for one in book.sets()] == [wanted.tunes[:1]]
    book.remove_set("Friday")
    assert not book.sets() and book.count() == 2


def test_a_set_of_a_tune_that_is_gone_changes_nothing(book: Tunebook) -> None:
    (jig,) = add(book, JIG)
    book.put_set(BookSet("Friday", (SetTune(jig),)))
    with pytest.raises(TunebookError, match="no longer"):
        book.put_set(BookSet("Friday", (SetTune(jig, 2), SetTune("0" * 16))))
    assert book.get_set("Friday").tunes == (SetTune(jig),)


def test_what_is_removed_comes_back_into_its_sets(book: Tunebook) -> None:
    jig, reel = add(book, JIG, REEL)
    book.change(jig, tags=["slow"])
    before = BookSet("Friday", (SetTune(reel), SetTune(jig, 3)))
    book.put_set(before)
    removed = book.remove(jig)
    assert book.get_set("Friday").tunes == before.tunes[:1]
    book.restore(removed)
    assert book.get_set("Friday").tunes == before.tunes
    assert book.get(jig).tags == ("slow",)


@pytest.mark.parametrize(("repeats", "semitones"), [(0, 0), (10, 0), (1, 13), (1, -13)])
def test_a_set_is_played_within_bounds(repeats: int, semitones: int) -> None:
    with pytest.raises(TunebookError, match="1 to 9 times"):
        SetTune("0" * 16, repeats, semitones)


def test_a_text_that_is_changed_keeps_its_place_in_sets(book: Tunebook) -> None:
    jig, reel = add(book, JIG, REEL)
    book.put_set(BookSet("Friday", (SetTune(jig), SetTune(reel))))
    changed = book.rewrite(jig, JIG.replace("K:Edor", "K:Em"))
    assert (changed.key, changed.music_key, changed.is_composed) == (jig, "E minor", False)
    assert book.get_set("Friday").tunes[0].key == jig
    with pytest.raises(NotationError):
        book.rewrite(jig, "X:1\nK:C\n")


def test_a_tune_is_named_by_its_title_or_the_beginning_of_its_key(book: Tunebook) -> None:
    jig, _reel = add(book, JIG, REEL)
    assert book.find("the kettle").key == book.find(jig[:6].upper()).key == jig
    with pytest.raises(TunebookError, match="no tune"):
        book.find("")
    book.change(book.find("The Pot").key, title="The Kettle")
    with pytest.raises(TunebookError, match="Several"):
        book.find("The Kettle")


def test_there_is_an_end_to_a_book_and_nothing_is_half_added(
    book: Tunebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tunebook, "MAX_TUNES", 2)
    add(book, JIG)
    with pytest.raises(TunebookError, match="at most 2"):
        add(book, REEL, *map(make_abc, range(3)))
    assert [tune.title for tune in book.tunes()] == ["The Kettle"]


@pytest.mark.parametrize("data", [b"", b"not a database" * 200, b"SQLite format 3\0" + b"x" * 5000])
def test_a_damaged_file_is_a_sentence_and_stays_as_it_is(book: Tunebook, data: bytes) -> None:
    book.path.write_bytes(data)
    if not data:  # an empty file is an empty database
        assert not book.tunes()
        return
    with pytest.raises(TunebookError, match="damaged"):
        book.tunes()
    with pytest.raises(TunebookError, match="damaged"):
        add(book, JIG)
    assert book.path.read_bytes() == data


def test_a_book_of_a_newer_version_is_left_alone(book: Tunebook) -> None:
    add(book, JIG)
    with sqlite3.connect(book.path) as db:
        db.execute(f"PRAGMA user_version = {tunebook.VERSION + 1}")
    db.close()
    with pytest.raises(TunebookError, match="newer version"):
        book.tunes()


def test_threads_that_change_it_at_once_lose_nothing(book: Tunebook) -> None:
    with ThreadPoolExecutor(4) as pool:
        keys = list(pool.map(lambda number: add(book, make_abc(number))[0], range(12)))
    assert {tune.key for tune in book.tunes()} == set(keys)


_ADDING = """
import sys
from pathlib import Path
from musicgen.library.book_tune import make_tune
from musicgen.library.tunebook import Tunebook
from tests.examples import make_tune as make_abc
book = Tunebook(Path(sys.argv[1]))
for number in range(500):
    print(book.add([make_tune(make_abc(2 * number + part)) for part in (0, 1)])[-1], flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
@pytest.mark.parametrize("after", [1, 4])
def test_what_was_added_before_a_kill_is_there_and_nothing_by_halves(
    book: Tunebook, after: int
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _ADDING, str(book.path)], cwd=PROJECT, stdout=subprocess.PIPE,
        text=True, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert process.stdout
    said = [process.stdout.readline().strip() for _ in range(after)]
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert all(book.has(key) for key in said)
    assert book.count() % 2 == 0  # each transaction had two
    with sqlite3.connect(book.path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    assert add(book, JIG)


@given(st.text(max_size=300))
def test_a_title_is_one_short_line(text: str) -> None:
    title = clean_title(text)
    assert 0 < len(title) <= MAX_TITLE
    assert title == " ".join(title.split())
    assert title.isprintable()
    assert clean_title(title) == title


@given(st.text(max_size=60))
def test_a_text_bears_the_title_that_it_is_given(text: str) -> None:
    title = clean_title(text)
    for abc in (JIG, "X:1\nK:C\nCDEF|\n", "K:C\nCDEF|\n", "X:1\nT:\nK:C\nCDEF|\n"):
        assert read_tune(with_title(abc, title))[0].title == title


@given(st.text(max_size=200))
def test_a_file_is_named_by_letters_and_digits(text: str) -> None:
    name = to_file_name(text)
    assert name and all(sign.isalnum() or sign == "-" for sign in name)
    assert not name.startswith("-") and len(name) <= 60


def test_the_key_of_a_text_does_not_see_its_number_and_layout() -> None:
    other = JIG.replace("X:7", "X:99").replace("\n", "\r\n") + "\n\n% a remark\n"
    assert text_key(JIG) == text_key(other) != text_key(JIG.replace("EFG", "EFA"))


def test_a_tune_is_moved_with_its_key() -> None:
    assert moved(make_tune(REEL), 2).key.tonic == "E"
    assert moved(make_tune(REEL), 0).text == REEL
