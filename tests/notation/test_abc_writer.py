"""Tunes written as ABC: one plain spelling, and the same tune when read again."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.config import Paths
from musicgen.corpus.sources import SOURCES, is_available, read_source_text
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tunebook import read_tunebook
from musicgen.notation.writing.abc_writer import write_abc, write_tunes
from tests.notation.comparing import differences, sounding
from tests.thorough import some

HEADER = "X:7\nT:x\nM:4/4\nL:1/8\nK:D\n"


def body(music: str, header: str = HEADER) -> str:
    """What is written below the key, lines of music joined."""
    text = write_abc(read_tune(header + music)[0])
    below = re.split(r"(?m)^K:.*\n", text, maxsplit=1)[1]
    return re.sub(r"(?m)^(?![A-Z]:)(.*)\n", r"\1", below)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("A2A/2A/ A4/4A//|", "A2 A/A/AA/4|"),
        ("A3/2B/2 c/2d3/2 e>f|", "A>B c<de>f|"),
        ("A>>B z3/2A/ (3A>Bc|", "A>>B z3/2A/(3A>Bc|"),
        ("(3ABc (3:2:2A2B (5abcde|", "(3ABc (3:2:2A2B(5abcde|"),
        ("^c c ^^f =c|c c'|", "cc^^f=c|cc'|"),
        ("^Gg G|G ^G-|G G|", "^G^gG|G^G-|GG|"),
        ("A B|c d:|", "|:AB|cd:|"),
        ("A|B||c|d:|", "A|B|:c|d:|"),
        ("|:A|1 B:|2 c|]d|", "|:A|[1 B:|[2 c|]d|"),
        ("A|1 B:|2 c:|d|", "|:A|[1 B:|[2 c||d|"),
        ("A [1 B|[2 c|]", "|:A [1 B:|[2 c|]"),
        ("|::A::|B|]", "|:A::|B|]"),
        ("|:A|B|]", "A|B|]"),
        ("A8|B8||c8|", "A8|B8||c8|"),
        ("[M:6/8][K:Gdor]A3 B3|[L:1/16]B4|", "M:6/8\nK:Gdor\nA3 B3|B2|"),
        ("[CEG]2 [C-E]2[C2E2]- [CE]|", "[CEG]2[C-E]2 [CE]2-[CE]|"),
        ('~A "Am7".B {gf}e !trill!T^d|', '!roll!A"Am7"!staccato!B{gf}e!trill!!trill!^d|'),
        ("Z4|z8|x4 y z4|", "Z4|z8|z4 z4|"),
        # What changes inside a bar changes there.
        ("AB[Q:1/4=60]cd ABcd|", "AB[Q:1/4=60]cd ABcd|"),
        ("[Q:1/4=90]A2[Q:1/4=60]B2 c4|", "[Q:1/4=90]A2[Q:1/4=60]B2 c4|"),
        ("A>[Q:1/4=60]B c2 A4|", "A3/2[Q:1/4=60]B/c2 A4|"),
        ("(3A[Q:1/4=60]Bc d2 A4|", "(3A[Q:1/4=60]Bcd2 A4|"),
        ("A8[Q:1/4=60]|B8|", "A8|[Q:1/4=60]B8|"),
        ("cB[K:F]cB fcBA|", "cB[K:F]cB fcBA|"),
        ("^cB[K:F]cB c4|[K:F]c8|", "cB[K:F]^cB c4|c8|"),
        ("A8[K:F]|B8|", "A8|K:F\nB8|"),
        ("A4[M:3/4]B4|c6|", "A4 B4|M:3/4\nc6|"),
        ("A4[L:1/16]B4c4|d16|", "A4 B2c2|d8|"),
        # Words that are instructions stay what they are, wherever they stood.
        ('"coda"B8[2"DC""coda"||A8', "!coda!B8!D.C.!||!coda!A8"),
        ('A8|"^Fine"B8||c8|d8|]"D.C. al Fine"', "A8|B8!fine!||c8|d8!D.C.!|]"),
        ("A!B!\\\nc* d|% bye\nw: la", "ABcd|"),
        ('"D.C. al fine"A !fine! B|!segno!A|', "AB!D.C.!!fine!|!segno!A|"),
    ],
)
def test_there_is_one_plain_spelling(written: str, expected: str) -> None:
    tune, _ = read_tune(HEADER + written)
    text = body(written)
    assert text == expected
    again, problems = read_tune(HEADER + text)
    assert problems == ()
    assert sounding(again) == sounding(tune)


@pytest.mark.parametrize(
    "music",
    [
        "A [M:3/4]Z43 D|",
        "^f[P:B]f:|",
        "(3Z43e",
        "[L:3/8Z43G",
        "d|\nP: |\na",
        "[P:|B]f",
        "(5GA(3Bcd|",
        "(3B(2ed|",
        "L:1/2\nF22>G|",
        "A123>B|",
        '"coda"B[2"DC""coda"||A',
    ],
)
def test_odd_music_sounds_the_same_when_read_again(music: str) -> None:
    for header in (HEADER, "X:1\nL:1/8\nK:none\n"):
        tune, _ = read_tune(header + music)
        assert sounding(read_tune(write_abc(tune))[0]) == sounding(tune)


def test_headings_stay_before_their_bars() -> None:
    text = write_abc(read_tune(HEADER + "P:Trio\nA8|\nP:segno\nB8|")[0])
    assert text.endswith("P:Trio\nA8|\nP:segno\nB8|\n")


def test_a_header_has_its_fields_in_order() -> None:
    text = "X: 3\nT: One\nK:A Mixolydian clef=treble\nABc|"
    header = "L: 1/8\nQ:120\nR:jig\nZ: me % no\nM: 6/8\nT:Two\nC:Trad.\nw:no\n"
    written = write_abc(read_tune(text.replace("K:", header + "K:"))[0])
    assert written == (
        "%abc-2.1\nX:3\nT:One\nT:Two\nC:Trad.\nR:jig\nZ:me\nM:6/8\nL:1/8\nQ:3/8=40\nK:Amix\nABc|\n"
    )


def test_four_bars_stand_in_a_line_and_a_pickup_is_none() -> None:
    for count, expected in ((10, [5, 4, 2]), (9, [5, 5])):  # a bar left over has no line alone
        bars = "AB|" + "ABcd ABcd|" * count
        lines = write_abc(read_tune(HEADER + bars)[0]).splitlines()[6:]
        assert [line.count("|") for line in lines] == expected


def test_what_no_signs_can_say_is_written_as_it_is_played() -> None:
    tune, _ = read_tune(HEADER + "A|1 B|2,5 c|[1 d|")
    again, problems = read_tune(write_abc(tune))
    assert sounding(again) == sounding(tune)
    assert problems == ()


def test_fields_of_the_tunebook_are_written_with_the_tune() -> None:
    ((tune, _),) = read_tunebook("M:3/4\nL:1/4\nR:waltz\n\nX:1\nK:C\ncde|\n")
    again, _ = read_tune(write_abc(tune))
    assert differences(tune, again) == []


STRIDES = {
    "lab": 5,
    "oneill": 25,
    "ryan": 20,
    "aird": 20,
    "northumbrian": 4,
    "fife": 2,
    "essen": 200,
}


@pytest.mark.parametrize("name", STRIDES)
def test_the_corpora_read_the_same_again(name: str) -> None:
    if not is_available(SOURCES[name], Paths.default()):
        pytest.skip("the tunebook is missing: run `make setup`")
    texts = [
        text
        for file in read_source_text(SOURCES[name], Paths.default())
        for text in re.split(r"(?m)^(?=X:)", file.text)
        if text.startswith("X:")
    ][:: STRIDES[name]]
    assert len(texts) > 15
    for text in some(texts, 3):
        tune, _ = read_tune(text)
        written = write_abc(tune)
        again, problems = read_tune(written)
        assert (tune.reference, differences(tune, again), problems) == (tune.reference, [], ())


MUSIC = st.text(alphabet="ABcd^=_,'2/34|:[]1()<>-{}zZ \n\"!~MKL.%&P", max_size=60)


@given(MUSIC)
def test_any_music_sounds_the_same_when_read_again(music: str) -> None:
    tune, _ = read_tune(HEADER + music)
    again, _ = read_tune(write_abc(tune))
    assert len(again.performance) == len(tune.performance)
    assert [n.pitch for n in again.performance] == [n.pitch for n in tune.performance]


def test_several_tunes_are_one_file_with_its_version_once() -> None:
    texts = ["%abc-2.1\nX:7\nT:One\nK:D\n\nd|]\n", "%abc\nX:7\nT:Two\n% a remark\nK:G\ng|]"]
    assert write_tunes(texts) == (
        "%abc-2.1\n\nX:1\nT:One\nK:D\nd|]\n\nX:2\nT:Two\n% a remark\nK:G\ng|]\n"
    )
    assert [tune.title for tune, _problems in read_tunebook(write_tunes(texts))] == ["One", "Two"]
