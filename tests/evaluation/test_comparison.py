import difflib
import math

import pytest

from musicgen.config import Paths
from musicgen.corpus.cleaning import clean_tunebook
from musicgen.corpus.dataset import load_dataset
from musicgen.evaluation.novelty.comparison import (
    body_symbols,
    build_index,
    compare,
    melody_symbols,
    merge_spans,
    share_of_grams,
    shared_melody,
)
from musicgen.notation.writing.transposition import transpose

HEAD = "X:1\nT:{title}\nM:6/8\nL:1/8\nK:D Major\n"
KESH = "DFA dAF|GBd gdB|Ace ecA|d3 d2A|!\nDFA dAF|GBd gdB|Ace ecA|d3 d3:|!"
OTHER = "f2a afd|g2b bge|e2c gec|f3 d2A|!\nf2a bfd|g3 bge|a2e gec|d6:|!"


def tune(body, title="A"):
    return HEAD.format(title=title) + body


@pytest.fixture(scope="module")
def index(tunebook):
    book = tunebook + "\n\n" + tune(KESH, "The Kesh") + "\n\n" + tune(OTHER, "Other")
    return build_index(clean_tunebook("tiny", [("tiny.abc", book)])[0])


def test_body_symbols_have_neither_header_nor_white_space_nor_line_end_signs():
    text = tune("A B|!\nc2:|")
    symbols = body_symbols(text)
    assert symbols.text == "AB|c2:|"
    assert "".join(text[start:end] for start, end in symbols.spans) == symbols.text


def test_a_melody_is_the_same_in_every_key_and_octave():
    original = melody_symbols(tune(KESH)).text
    for semitones in (-5, 2, 7, 12):
        assert melody_symbols(transpose(tune(KESH), semitones)).text == original


def test_durations_tell_melodies_apart_and_ties_make_one_note():
    assert melody_symbols(tune("A2 B2|")).text != melody_symbols(tune("A2 B3|")).text
    assert melody_symbols(tune("A2 B-B|")).text == melody_symbols(tune("A2 B2|")).text
    assert melody_symbols(tune("A2 z2 B2|")).text != melody_symbols(tune("A2 B2|")).text


def test_the_span_of_a_move_reaches_from_its_note_before_to_its_end():
    text = tune("A2 B2 c2|")
    assert [text[start:end] for start, end in melody_symbols(text).spans] == ["A2 B2", "B2 c2"]


def test_a_tune_that_was_learned_is_known_and_told_by_its_title(index):
    found = compare(index, tune(KESH, "Quite new"))
    assert found.is_known
    assert index.tunes[found.nearest].title == "The Kesh"
    assert found.nearest_share == 1.0
    assert found.characters.longest == len(body_symbols(tune(KESH)).text)
    assert found.characters.share == found.melody.share == 1.0


def test_a_copy_in_another_key_is_found_by_its_melody_alone(index):
    found = compare(index, transpose(tune(KESH), 3))
    assert found.is_known
    assert index.tunes[found.melody.tune].title == "The Kesh"
    assert found.characters.longest < found.melody.longest


def test_the_longest_run_agrees_with_difflib_and_its_span_is_that_run(index):
    text = tune("ABc dAF|GBd gdB|Acf fcA|B3 B2c:|")
    found = compare(index, text)
    query = body_symbols(text).text
    expected = max(
        difflib.SequenceMatcher(None, query, body_symbols(known.text).text, autojunk=False)
        .find_longest_match()
        .size
        for known in index.tunes
    )
    assert found.characters.longest == expected
    start, end = found.characters.span
    shared = "".join(text[start:end].split())
    assert shared in "".join(index.tunes[found.characters.tune].text.split())
    assert not found.is_known


def test_a_tune_left_out_does_not_count(index):
    kesh = next(number for number, known in enumerate(index.tunes) if known.title == "The Kesh")
    assert not compare(index, tune(KESH), {kesh}).is_known


def test_a_text_without_music_shares_nothing(index):
    for text in ("", "X:1\nK:C\n", "no tune at all"):
        found = compare(index, text)
        assert found.melody.longest == 0 and math.isnan(found.melody.share)
        assert not found.is_known and not found.unusual
    assert compare(index, "").nearest == -1


def test_an_empty_index_knows_nothing():
    found = compare(build_index([]), tune(KESH))
    assert found.nearest == -1 and found.characters.longest == 0
    assert math.isnan(build_index([]).real_melody.median)


def test_shares_of_grams_are_counted_by_hand():
    assert share_of_grams([3, 2, 1], 2) == 1.0
    assert share_of_grams([4, 1, 2, 1], 2) == pytest.approx(2 / 3)
    assert math.isnan(share_of_grams([1], 2))


def test_the_shared_melody_of_two_tunes_is_found_in_both():
    ours, theirs = tune("a3 b3|" + KESH), tune(KESH)
    length, (start, end), (first, last) = shared_melody(ours, theirs)
    assert length == len(melody_symbols(theirs).text)
    assert ours[start:end] == theirs[first:last]
    assert shared_melody(ours, "") == (0, (0, 0), (0, 0))


def test_spans_that_touch_are_joined():
    assert merge_spans([(5, 8), (0, 3), (3, 4), (6, 7)]) == [(0, 4), (5, 8)]


def test_real_tunes_of_the_lab_share_runs_of_thirteen_characters():
    if not (Paths.default().data / "irish.abc").is_file():
        pytest.skip("The lab's corpus is not here.")
    real = build_index(load_dataset("lab", Paths.default()).tunes).real_characters
    assert real.median == 13
    assert round(real.percentile(90)) == 19


def test_real_figures_leave_out_tunes_of_the_same_title():
    variant = KESH.replace("d3:|", "d2 z:|")
    for title, is_compared in (("Kesh, The", False), ("Something Else", True)):
        book = tune(KESH, "The Kesh") + "\n\n" + tune(variant, title)
        tunes, _ = clean_tunebook("two", [("two.abc", book)])
        longest = build_index(tunes).real_characters.longest
        assert len(longest) == 2
        assert all(longest > 20) if is_compared else not any(longest)
