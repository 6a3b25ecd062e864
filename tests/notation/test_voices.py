"""Several voices (ABC 2.1 §7): one is read, whole and alone; what is left out is said."""

import pytest

from musicgen.notation.display.layout import break_lines
from musicgen.notation.model import ProblemKind
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.voices import parse_voice
from musicgen.notation.writing.abc_writer import write_abc

HEADER = "X:1\nM:4/4\nL:1/4\nK:C\n"


def read(body: str, header: str = HEADER, voice: str = "") -> tuple[list[int], list[str]]:
    """Pitches as they sound, and what is said of them, each of which is only left out."""
    tune, problems = read_tune(header + body, voice=voice)
    assert {problem.kind for problem in problems} <= {ProblemKind.LEFT_OUT}
    return [note.pitch for note in tune.performance], [problem.message for problem in problems]


TUNE, OTHER = [60, 62, 64, 65, 67, 69, 71, 72], [48, 55]


@pytest.mark.parametrize(
    "body",
    [
        "V:1\nCDEF|GABc|]\nV:2\nC,4|G,4|]\n",
        "CDEF|GABc|]\nV:2\nC,4|G,4|]\n",
        "CDEF|\nV:2\nC,4|\nV:1\nGABc|]\nV:2\nG,4|]\n",
        "[V:1]CDEF|[V:2]C,4|\n[V:1]GABc|]\n[V:2]G,4|]\n",
        "V:1\nV:2\n[V:1]CDEF|GABc|]\n[V:2]C,4|G,4|]\n",
        "V:1 CDEF|\nV:2 C,4|\nV:1 GABc|]\nV:2 G,4|]\n",
        'V:1 clef=treble name="The tune" CDEF|\nV:2 bass C,4|\nV:1 GABc|]\nV:2 G,4|]\n',
        "V:1 CDEF GABc\nV:2 C,2 G,2\n",
        "CDEF|GABc|]\nV:Bass\nC,4|G,4|]\n",
        "V:1\nCDEF|\nV:2\nK:D\nM:3/4\nL:1/8\nF6|\nV:1\nGABc|]\n",
        'V:1\nCDEF|GABc|]\nV:2\n"D.C."C,4|{c}G,4|!fine!z4|]\n',
        "V:1\nCDEF|\nV:2\nC,2 & E,2|\nV:1\nGABc|]\n",
    ],
)
def test_the_first_voice_is_read_and_no_other_is_put_behind_it(body: str) -> None:
    pitches, said = read(body)
    assert pitches == TUNE
    assert len(said) == 1
    laid_out = break_lines(read_tune(HEADER + body)[0]).text
    assert [note.pitch for note in read_tune(laid_out)[0].performance] == TUNE


def test_music_before_the_first_voice_belongs_to_the_first_of_the_header() -> None:
    header = HEADER.replace("K:C", "V:T clef=treble-8\nV:B clef=bass\nK:C")
    assert read("CDEF|\nV:B\nC,4|\nV:T\nGABc|]\n", header)[0] == [pitch - 12 for pitch in TUNE]


@pytest.mark.parametrize("rests", ["z4|z4|", "Z2|", "x4|X|", '"Am"z4|!fermata!z4|'])
def test_a_voice_of_rests_is_not_the_tune(rests: str) -> None:
    pitches, said = read(f"V:1\n{rests}\nV:2\nCDEF|GABc|]\nV:3\nC4|\n")
    assert pitches == TUNE
    assert "'1' has rests only" in said[0]
    assert "'2' is read" in said[0]


def test_a_voice_can_be_asked_for() -> None:
    assert read("CDEF|GABc|]\nV:2\nC,4|G,4|]\n", voice="2")[0] == OTHER


def test_a_score_says_which_voice_comes_first() -> None:
    body = "V:1\nC,4|G,4|]\nV:2\nCDEF|GABc|]\nV:3\nc4|\n"
    assert read(body, HEADER.replace("M:", "%%score (2 1)\nM:"))[0] == TUNE
    assert read(body, HEADER.replace("M:", "%%staves {1 | 2}\nM:"))[0] == OTHER


def test_a_voice_is_named_once() -> None:
    _, said = read("V:1\nC4|\nV:2\nC,4|\n" * 40)
    assert len(said) == 1


@pytest.mark.parametrize(
    ("properties", "shift"),
    [
        ("clef=treble-8", -12), ("treble-8", -12), ("treble+8", 12), ("clef=treble^8", 12),
        ("bass", 0), ("clef=bass_8", -12), ("octave=-1", -12), ("transpose=-2", -2),
        ("octave=1 transpose=3", 15), ("clef=treble-8 octave=1", 0), ("shift=cd", 2),
        ("shift=GD", -5), ("sound=A", -3), ('name="octave=1"', 0), ("clef=bass middle=d", 0),
        ("treble-15", -24),
    ],
)  # fmt: skip
def test_properties_of_a_voice_shift_what_sounds(properties: str, shift: int) -> None:
    wanted = [pitch + shift for pitch in TUNE]
    for header, body in [
        (HEADER, f"V:1 {properties}\nCDEF|GABc|]\n"),
        (HEADER.replace("K:C", f"V:1 {properties}\nK:C"), "V:1\nCDEF|GABc|]\n"),
        (HEADER.replace("K:C", f"K:C {properties}"), "CDEF|GABc|]\n"),
    ]:
        tune, problems = read_tune(header + body)
        assert [note.pitch for note in tune.performance] == wanted
        assert problems == ()
        for text in (write_abc(tune), break_lines(tune).text):
            assert [note.pitch for note in read_tune(text)[0].performance] == wanted


def test_a_new_clef_ends_the_octave_of_the_one_before() -> None:
    assert read("C4|[K:clef=treble]C4|", HEADER.replace("K:C", "K:C treble-8"))[0] == [48, 60]


def test_playback_can_be_transposed_by_a_directive() -> None:
    body = "%%MIDI transpose -12\nC4|\n%%MIDI rtranspose 2\nC4|\n%%MIDI transpose 0\nC4|\n"
    assert read(body)[0] == [48, 50, 60]
    assert read("V:1\nC4|\nV:2\n%%MIDI transpose -12\nC4|\nV:1\nC4|\n")[0] == [60, 60]


@pytest.mark.parametrize(
    ("value", "name", "music"),
    [
        ("1", "1", None), ("1 clef=bass", "1", None), ('T name="A b c|" snm="T."', "T", None),
        ("1 Melody", "1", None), ("1 CDEF|", "1", "CDEF|"), ("1 bass up [CE]2|", "1", "[CE]2|"),
        ("1 CDEF GABc", "1", "CDEF GABc"), ("1 bad", "1", None), ("", "", None),
    ],
)  # fmt: skip
def test_music_behind_the_name_of_a_voice_is_found(
    value: str, name: str, music: str | None
) -> None:
    voice = parse_voice(value)
    assert voice.name == name
    assert (None if voice.music is None else value[voice.music :].strip()) == music


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("g4 & [ce]2 [df]2|b4|", [79, 83]),
        ('g4 & "Am"c4|b4|', [79, 83]),
        ("g4 & c2\nd2|b4|", [79, 83]),
        ("g4 & c4 & [CE]4|b4|", [79, 83]),
        ("|:g4 & c4:|b4|", [79, 79, 83]),
        ("g4|a4 && c4|d4|b4|", [79, 81, 83]),
        ("(& g4|a4 & c4|d4 &) b4|", [79, 81, 83]),
        ('g4 & "^a|b"c4|b4|', [79, 83]),
        ("g4 & c4|1 a4 & c4 :|2 b4|", [79, 81, 79, 83]),
        ("g4 & c2 % d2|\nd2|b4|", [79, 83]),
        ("g4 & c4|\nK:G\nf4|", [79, 78]),
        ("g4 & c4", [79]),
    ],
)
def test_an_overlay_ends_where_it_ends(body: str, expected: list[int]) -> None:
    pitches, said = read(body)
    assert pitches == expected
    assert said
    laid_out = break_lines(read_tune(HEADER + body)[0]).text
    assert [note.pitch for note in read_tune(laid_out)[0].performance] == expected
