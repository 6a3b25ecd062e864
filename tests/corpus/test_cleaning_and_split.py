import random

import pytest

from musicgen.config import Paths
from musicgen.corpus.cleaning import CorpusTune, clean_tunebook, compare_with_lab
from musicgen.corpus.dataset import load_dataset
from musicgen.corpus.lab import join_snippets, read_snippets
from musicgen.corpus.sources import get_source, is_available, read_source_text
from musicgen.corpus.split import SIDES, choose_side, split_tunes, title_key
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import CorpusError

needs_lab = pytest.mark.skipif(
    not is_available(get_source("lab"), Paths.default()),
    reason="the lab's tunebook is not here: make setup fetches it",
)


def lab_text() -> str:
    (file,) = read_source_text(get_source("lab"), Paths.default())
    return file.text


@needs_lab
def test_the_labs_loader_is_repeated_exactly() -> None:
    snippets = read_snippets(lab_text())
    text = join_snippets(snippets)
    assert (len(snippets), len(text), len(set(text))) == (817, 200_679, 83)


@needs_lab
def test_the_labs_file_has_804_tunes_and_a_report() -> None:
    dataset = load_dataset("lab", Paths.default())
    assert len(dataset.tunes) == 804
    assert len(dataset.vocabulary) == 83
    counts = dataset.reports[0].counts()
    assert counts["joined"] == 2
    assert "duplicate" not in counts
    assert sum(len(dataset.split.side(side)) for side in SIDES) == 804
    assert 0.75 < len(dataset.split.train) / 804 < 0.85


@needs_lab
def test_what_the_lab_reads_twice_cuts_and_loses() -> None:
    reading = compare_with_lab(lab_text())
    assert (len(reading.read_twice), len(reading.fragments)) == (12, 2)
    assert reading.lost == ("Waterford",)


@needs_lab
def test_no_title_and_no_melody_of_the_lab_is_on_two_sides() -> None:
    split = load_dataset("lab", Paths.default()).split
    for key in (title_key, lambda tune: tune.fingerprint):
        train, val, test = ({key(tune) for tune in split.side(side)} for side in SIDES)
        assert not (train & val or train & test or val & test)


TUNE = "X:1\nT:A\nM:C\nL:1/8\nK:G\nGABc d2B2|G4 G4|]"


def test_a_tune_cut_by_a_blank_line_is_joined() -> None:
    tunes, report = clean_tunebook("own", [("f", TUNE.replace("d2B2|", "d2B2|\n\n"))])
    assert tunes[0].text == TUNE.replace("d2B2|", "d2B2|\n")
    assert report.counts() == {"joined": 1}


def test_the_same_text_under_another_number_is_left_out() -> None:
    tunes, report = clean_tunebook("own", [("f", TUNE + "\n\n" + TUNE.replace("X:1", "X:2"))])
    assert len(tunes) == 1
    assert report.counts() == {"duplicate": 1}


def test_a_tune_without_notes_is_left_out() -> None:
    tunes, report = clean_tunebook("own", [("f", "X:1\nT:Empty\nK:C\n\n" + TUNE)])
    assert [tune.title for tune in tunes] == ["A"]
    assert report.counts() == {"no notes": 1}


def test_the_same_melody_in_another_key_is_a_variant() -> None:
    other = "X:2\nT:B\nM:C\nL:1/8\nK:D\ndefg a2f2|d4 d4|]"
    _, report = clean_tunebook("own", [("f", TUNE + "\n\n" + other)])
    assert report.counts() == {"variant": 1}


def tune(title: str, fingerprint: str) -> CorpusTune:
    return CorpusTune("s", "1", title, f"X:1\nT:{title}", fingerprint)


def title_on(side: str, start: int = 0) -> str:
    return next(f"t{n}" for n in range(start, start + 10_000) if choose_side(f"t{n}") == side)


def test_sides_have_the_shares_they_should() -> None:
    tunes = [tune(f"t{number}", str(number)) for number in range(5000)]
    split = split_tunes(tunes)
    shares = [len(split.side(side)) / 5000 for side in SIDES]
    assert shares == pytest.approx([0.8, 0.1, 0.1], abs=0.02)


def test_no_tune_moves_when_tunes_are_added_or_shuffled() -> None:
    tunes = [tune(f"t{number}", str(number)) for number in range(300)]
    before = {t.title: side for side in SIDES for t in split_tunes(tunes).side(side)}
    more = tunes + [tune(f"new {number}", f"n{number}") for number in range(300)]
    random.Random(0).shuffle(more)
    after = {t.title: side for side in SIDES for t in split_tunes(more).side(side)}
    assert before.items() <= after.items()


def test_a_held_out_melody_is_taught_under_no_other_title() -> None:
    held_out, other = tune(title_on("test"), "m"), tune(title_on("train"), "m")
    split = split_tunes([other, held_out])
    assert split.test == (held_out,)
    assert split.train == ()
    assert split.left_out == (other,)


@pytest.mark.parametrize("title", ["The Kesh", "Kesh, The", "KESH", "  Kesh! ", "Késh"])
def test_titles_that_differ_in_dress_only_have_one_key(title: str) -> None:
    assert title_key(tune(title, "m")) == "kesh"


def test_a_tune_without_title_goes_by_its_melody() -> None:
    assert title_key(tune("", "melody")) == "melody"


def test_an_unknown_source_is_a_sentence(paths: Paths) -> None:
    with pytest.raises(CorpusError, match="lab"):
        load_dataset("nowhere", paths)


def test_the_training_text_holds_no_held_out_tune(dataset) -> None:
    assert all(text in dataset.train_text for text in dataset.texts("train"))
    assert not any(text in dataset.train_text for text in dataset.texts("val"))
    assert isinstance(dataset.vocabulary, Vocabulary)


BOOK_OF_TWO = (
    "X:1\nT:a\nM:4/4\nL:1/4\nK:C\nCDEF|]\n{between}\nX:2\nT:b\nM:4/4\nL:1/4\nK:C\nGABd|]\n"
)


@pytest.mark.parametrize(
    "between",
    ["\n%%newpage\n% next\n", "\nW:words | more\n\nW:of them\n", "\nReels\n", "\nA bad face\n", ""],
)
def test_words_comments_and_directives_behind_an_empty_line_cut_no_tune(between: str) -> None:
    tunes, report = clean_tunebook("a book", [("book.abc", BOOK_OF_TWO.format(between=between))])
    assert [tune.title for tune in tunes] == ["a", "b"]
    assert report.counts() == {}


def test_music_behind_an_empty_line_was_cut_off() -> None:
    _, report = clean_tunebook("a book", [("book.abc", BOOK_OF_TWO.format(between="\nGGGG|]\n"))])
    assert report.counts() == {"joined": 1}


def test_what_is_only_left_out_is_not_unclear() -> None:
    voices = "V:2\nC,4|]\n"
    _, report = clean_tunebook("a book", [("book.abc", BOOK_OF_TWO.format(between=voices))])
    assert report.counts() == {"left out": 1}
    _, report = clean_tunebook("a book", [("book.abc", BOOK_OF_TWO.format(between="c4 ? |]\n"))])
    assert report.counts() == {"unclear": 1}
