"""Melodies are found in any key, with a wrong note too; the distance is that of a plain one."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.config import Paths
from musicgen.errors import NotationError
from musicgen.library.melody_search import LIKE_ENOUGH, Likeness, find_least, find_melody
from musicgen.notation.analysis.incipit import (
    MelodyQuery,
    MelodyText,
    letter_steps,
    melody_text,
    pitch_steps,
    query_of,
    read_query,
)
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tunebook import decode_text, split_tunebook
from musicgen.notation.writing.transposition import transpose
from musicgen.notation.writing.variation import vary
from tests.examples import make_tune

JIG = "X:1\nT:a\nM:6/8\nL:1/8\nK:D\n|:A|DFA dAF|GBd gdB|A3 A2-A|{g}f2e d2:|\n"


def melody(abc: str) -> MelodyText:
    return melody_text(read_tune(abc)[0])


def test_a_melody_is_pitches_letters_and_the_place_of_its_tonic() -> None:
    found = melody(JIG)
    assert found.pitches[:7] == (69, 62, 66, 69, 74, 69, 66)
    assert found.letters[:4] == (33, 29, 31, 33)
    assert found.tonic == 1
    assert found.pitches[13:] == (69, 69, 78, 76, 74)  # ties are one note, grace notes none


def test_letters_know_no_accidentals_and_digits_are_degrees() -> None:
    assert read_query("dfa d'af") == MelodyQuery("letters", (2, 2, 3, 4, 5))
    assert read_query("1 3 5 1") == MelodyQuery("degrees", (0, 2, 4, 0))
    assert read_query("D^FA d") == MelodyQuery("pitches", (4, 3, 5))
    assert read_query("K:D\nDFA d") == MelodyQuery("pitches", (4, 3, 5))


@pytest.mark.parametrize("text", ["", "DF", "1 3", "D z z z z F", "|:|", "X:1\nK:C\n"])
def test_too_little_is_a_sentence(text: str) -> None:
    with pytest.raises(NotationError, match="at least 4 notes"):
        read_query(text)


@pytest.mark.parametrize(
    ("text", "strange"),
    [("zzz", "zzz"), ("H", "H"), ("DFH dAF", "H"), ("hello?", "h"), ("HAG FED", "H"),
     ("1 3 5 8", "8"), ("do re mi fa", "o"), ("哆来咪", "哆来咪"), ("D" * 9 + "w" * 400, "w" * 20)],
)  # fmt: skip
def test_what_is_no_note_is_a_sentence(text: str, strange: str) -> None:
    with pytest.raises(NotationError, match="is not a note") as raised:
        read_query(text)
    assert raised.value.values["text"] == strange


@pytest.mark.parametrize(
    "text",
    ["DFA z dAF", '|:"Em"D2 ~F>A !trill!d (3AFd|TA2 {g}F2:|', "[K:G]DFA dAF",
     "X:1\nT:Hush\nK:D\nDFAd", "d,f'a/2 B^c_e=f", "1,3,5|6 5"],
)  # fmt: skip
def test_signs_of_abc_are_no_mistakes(text: str) -> None:
    assert len(read_query(text).values) >= 3


@pytest.mark.parametrize("semitones", [0, 1, 5, -3, 12])
@pytest.mark.parametrize("asked", ["DFA dAF GBd", "K:D\nDFA dAF GBd", "1 3 5 1 5 3 4 6 1"])
def test_a_beginning_is_found_in_every_key(semitones: int, asked: str) -> None:
    others = [melody(make_tune(number)) for number in range(10)]
    moved = melody(transpose(JIG, semitones))
    found = find_melody(read_query(asked), [*others, moved])
    assert found[-1].share == 1
    assert all(one.share < 1 for one in found[:-1])


def test_a_wrong_note_costs_less_than_another_tune() -> None:
    others = [melody(make_tune(number)) for number in range(30)]
    found = find_melody(read_query("DFA dBF GBd gdB"), [*others, melody(JIG)])
    best = max(range(len(found)), key=lambda place: found[place].share)
    assert best == 30 and 0.75 <= found[best].share < 1


def test_a_tune_finds_itself_in_another_key_first() -> None:
    tunes = [make_tune(number) for number in range(40)]
    book = [melody(transpose(text, 3)) for text in tunes]
    for number in range(0, 40, 7):
        found = find_melody(query_of(read_tune(tunes[number])[0]), book)
        assert found[number].share == max(one.share for one in found) == 1


def test_what_is_clearly_another_melody_is_left_out() -> None:
    query = read_query("DFA dAF GBd gdB Ace")
    steps = len(query.values)
    found = [Likeness(1 - changes / steps, 9) for changes in (0, 1, 2, 3, 4, 5, 12)]
    assert [one.share >= find_least(query, found) for one in found] == [True] * 4 + [False] * 3
    far = found[4:]  # one wrong note costs two steps: what matters is how far the likest is
    assert [one.share >= find_least(query, far) for one in far] == [True, True, False]
    assert find_least(query, []) == pytest.approx(LIKE_ENOUGH)


def test_varied_tunes_find_the_tune_they_come_from_first() -> None:
    corpus = Paths.default().data / "irish.abc"
    if not corpus.exists():
        pytest.skip("the lab's tunebook is missing: run `make setup`")
    texts = split_tunebook(decode_text(corpus.read_bytes()))[:120]
    tunes = [read_tune(one.text)[0] for one in texts]
    book = [melody_text(tune) for tune in tunes]
    firsts = 0
    for number, tune in enumerate(tunes[::2]):
        query = query_of(read_tune(vary(tune, (0.3, 0.6, 1.0)[number % 3], number))[0])
        found = find_melody(query, book)
        own = found[2 * number].share
        firsts += own == max(one.share for one in found)
        assert own >= find_least(query, found) or own < LIKE_ENOUGH  # never left out for another
        exact = find_melody(query_of(tune, 16), book)
        assert sum(one.share >= find_least(query_of(tune, 16), exact) for one in exact) < 20
    assert firsts >= 0.95 * 60


def plain(query: Sequence[int], text: Sequence[int]) -> int:
    """The fewest changes between a question and any stretch of a text, as the textbooks have it."""
    row = [0] * (len(text) + 1)
    for number, value in enumerate(query, 1):
        following = [number]
        for place, other in enumerate(text, 1):
            following.append(
                min(row[place - 1] + (value != other), row[place] + 1, following[-1] + 1)
            )
        row = following
    return min(row)


NOTES = st.lists(st.integers(48, 80), max_size=20).map(tuple)


@given(st.lists(NOTES, min_size=1, max_size=5), st.lists(st.integers(48, 80), min_size=4))
def test_the_distance_is_that_of_a_plain_computation(
    pitches: list[tuple[int, ...]], asked: list[int]
) -> None:
    query = MelodyQuery("pitches", pitch_steps(tuple(asked)))
    found = find_melody(query, [MelodyText(one, one, 0) for one in pitches])
    for likeness, text in zip(found, pitches, strict=True):
        changes = plain(query.values, pitch_steps(text))
        assert likeness.share == pytest.approx(1 - changes / len(query.values))
    letters = MelodyQuery("letters", letter_steps(tuple(asked)))
    for likeness, text in zip(
        find_melody(letters, [MelodyText(one, one, 0) for one in pitches]), pitches, strict=True
    ):
        changes = plain(letters.values, letter_steps(text))
        assert likeness.share == pytest.approx(1 - changes / len(letters.values))


def test_no_melodies_find_nothing() -> None:
    assert find_melody(read_query("DFAd"), []) == []
    assert find_melody(read_query("1 3 5 1"), [MelodyText((60,) * 5, (35,) * 5, -1)])[0].share == 0
