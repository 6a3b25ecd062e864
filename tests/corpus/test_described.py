"""Headers that say first what one may wish for; bodies stay to the letter."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from musicgen.config import NetworkConfig, TrainingConfig
from musicgen.corpus.augmentation import Augmentation, augment
from musicgen.corpus.described import (
    Description,
    count_headers,
    find_rhythm,
    grade_likeness,
    hide_form,
    mark_moved,
    read_header,
    write_described,
)
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.corpus.windows import Windows
from musicgen.evaluation.report.manner import write_for
from musicgen.models.checkpoint import CheckpointMetadata
from musicgen.notation.analysis.fingerprint import interval_fingerprint
from musicgen.notation.analysis.sections import section_likeness
from musicgen.notation.parsing.reader import read_tune

BODY = "A|dFAd BAFA|GBdg fdef:|!\nA|dFAd fdec|GBdg fdef:|!"
TUNE = f"X:7\nT:Some Tune\nZ: id:dc-reel-3\nM:C\nL:1/8\nK:D Major\n{BODY}"


def test_the_header_is_first_and_the_body_is_as_it_was() -> None:
    found = write_described(TUNE, "lab", "reel")
    assert found == f"X:1\nB:lab\nR:reel\nM:C\nL:1/8\nN:2 2 c\nK:D Major\n{BODY}"
    assert write_described(TUNE, "lab", "", with_form=False).startswith(
        "X:1\nB:lab\nM:C\nL:1/8\nK:D Major\n"
    )


@pytest.mark.parametrize(
    ("text", "rhythm", "expected"),
    [
        (TUNE, "", "reel"),
        (TUNE.replace("dc-reel", "dc-slipjig"), "", "slip jig"),
        (TUNE.replace("dc-reel", "dc-ocarolan"), "", "air"),
        ("X:1\nK:D\nD|]", "Highland Fling", "strathspey"),
        ("X:1\nK:D\nD|]", "Double Jig", "jig"),
        ("X:1\nK:D\nD|]", "rhapsody", ""),
    ],
)
def test_the_rhythm_is_found_where_books_say_it(text: str, rhythm: str, expected: str) -> None:
    assert find_rhythm(text, rhythm) == expected


def test_a_description_comes_back_from_its_header() -> None:
    for one in (
        Description("lab", "slip jig", "9/8", "1/8", (8, 8, 16), "d", "E Dorian"),
        Description("lab+", "", "C", "1/8", (), "", "Bb Major"),
        Description("own", "", "3/4", "1/4", (16,), "", ""),
    ):
        assert read_header(one.header() + BODY) == one
    strange = read_header("N:about 8 bars\nR:Reel\nK:D\n")
    assert (strange.form, strange.likeness, strange.rhythm) == ((), "", "reel")


def test_likeness_is_the_share_of_bars_that_come_from_the_first_section() -> None:
    assert section_likeness(read_tune(TUNE)[0]) == 1 / 2
    assert section_likeness(read_tune(TUNE.split(":|!", maxsplit=1)[0] + "|]")[0]) is None
    shares = (None, 0, 0.01, 0.25, 0.26, 0.5, 0.75, 0.8, 1)
    assert [grade_likeness(share) for share in shares] == ["", *"abbccdee"]


def test_headers_are_counted() -> None:
    jig = Description("lab", "jig", "6/8", "1/8", (8, 8), "a", "G Major").header()
    reel = Description("lab", "reel", "C", "1/8", (8, 8), "a", "G Major").header()
    assert count_headers([jig + BODY, reel + BODY, reel + "D|]"]) == {reel: 2, jig: 1}


def test_a_moved_tune_says_so_and_forms_are_hidden_now_and_then() -> None:
    text = write_described(TUNE, "lab", "reel")
    luck = random.Random(0)
    read = [augment(text, Augmentation(transpose=6, is_described=True), luck) for _ in range(600)]
    at_home = [one for one in read if "\nK:D Major\n" in one]
    assert all(("\nB:lab\n" in one) == ("\nK:D Major\n" in one) for one in read)
    # A fifth stays, and of the others one in thirteen: 157 of 600, five deviations are 54.
    assert abs(len(at_home) - 157) < 54
    with_form = sum("\nN:2 2 c\n" in one for one in read)
    assert abs(with_form - 360) < 60
    same = interval_fingerprint(read_tune(TUNE)[0])
    assert {interval_fingerprint(read_tune(one)[0]) for one in read} == {same}


def test_form_and_mark_are_lines_of_the_header_alone() -> None:
    text = write_described(TUNE, "lab", "reel")
    assert hide_form(text) == text.replace("N:2 2 c\n", "")
    assert mark_moved(text) == text.replace("B:lab\n", "B:lab+\n")
    shortened = augment(text, Augmentation(truncate=1.0, is_described=True), random.Random(1))
    assert "N:" not in shortened


def test_windows_read_described_tunes_anew_in_each_pass() -> None:
    text = write_described(TUNE, "lab", "reel")
    vocabulary = Vocabulary.from_text(text + "+\n")
    config = TrainingConfig(batch_size=1, seq_len=60, carry_state=True, described=True)
    windows = Windows([text] * 6, vocabulary, config)
    seen = "".join(vocabulary.decode(windows.draw(0.0).inputs[0].numpy()) for _ in range(40))
    forms = Counter("N:2 2 c" in one for one in seen.split("\n\n") if one.startswith("X:1"))
    assert forms[True] and forms[False]


def test_real_tunes_are_measured_in_the_manner_that_a_network_learned() -> None:
    config = NetworkConfig()
    plain = CheckpointMetadata("one", 1, config, TrainingConfig(), ("a",), corpus={"source": "lab"})
    told = replace(plain, training=TrainingConfig(described=True))
    assert write_for(plain, [TUNE]).kept == [TUNE]
    assert write_for(told, [TUNE]).kept == [f"X:1\nB:lab\nR:reel\nM:C\nL:1/8\nK:D Major\n{BODY}"]
