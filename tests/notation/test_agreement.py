"""The reader beside abc2midi, note for note: pitch, onset and duration.

docs/notation.md lists every kind of disagreement; `DEPARTURES` are those the corpus has.
"""

import re

import pytest

from musicgen.config import Paths
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tunebook import decode_text, split_tunebook
from tests.notation import abc2midi
from tests.thorough import some

TOLERANCE = 0.04
DEPARTURES = {
    "an empty line inside the tune": re.compile(r"K:[^\n]*\n\s*\n[^\n]*\|"),
    "a field of the old style before music": re.compile(r"(?m)^[ML]:[ \t]*\S+[ \t]+[^%\n]*\|"),
}

needs_abc2midi = pytest.mark.skipif(
    not abc2midi.is_installed(), reason="abc2midi is missing: install the package abcmidi"
)


def agrees(text: str, *, write_repeats: bool = True) -> bool:
    """Whether abc2midi plays the same notes at the same times for as long."""
    tune, _ = read_tune(abc2midi.plain(text))
    if write_repeats:
        tune, _ = read_tune(abc2midi.with_repeats_written(tune))
    first = min((note.onset for note in tune.performance), default=0)
    ours = sorted((float(n.onset - first), n.pitch, float(n.duration)) for n in tune.performance)
    theirs = sorted(
        (onset, pitch, duration) for pitch, onset, duration in abc2midi.read_notes(tune.text)[0]
    )
    theirs.sort(key=lambda note: (round(note[0], 2), note[1]))
    return len(ours) == len(theirs) and all(
        a[1] == b[1] and abs(a[0] - b[0]) < TOLERANCE and abs(a[2] - b[2]) < TOLERANCE
        for a, b in zip(ours, theirs, strict=True)
    )


@needs_abc2midi
def test_the_corpus_agrees_but_for_the_listed_cases() -> None:
    corpus = Paths.default().data / "irish.abc"
    if not corpus.exists():
        pytest.skip("the lab's tunebook is missing: run `make setup`")
    texts = [tune.text for tune in split_tunebook(decode_text(corpus.read_bytes()))]
    listed = [text for text in texts if any(d.search(text) for d in DEPARTURES.values())]
    others = [text for text in texts if text not in listed]
    assert len(listed) <= 5
    assert [text for text in some(others, 8) if not agrees(text)] == []


HEADER = "X:1\nT:x\nM:4/4\nL:1/8\nK:D\n"

CONSTRUCTS = [
    "A,2B, C' c'2 c,,|^F_F=F f ^c C|__B ^^c d2|",
    "A2 A/ A// A/4 A3/2 A3/ A3/4 z2|z/A/x2|",
    "A>B c<d|e>>f g<<a|A2>B2|z>A|[FA]>d|",
    "(3ABc d2|(2AB (4ABcd|(6ABcdef|(3:2:2A2B|(3A/B/c/ d2|(3A>Bc d|",
    "[DFA]4 [FA]2 [Fd]/[Ge]/|",
    "A4-|A4|[DA]4-|[DA]4|^c2-|c2 c2|",
    "{g}A2 {fe}d2 (3{g}ABc|",
    "|:A2B2:|c2d2|",
    "|:A2B2|1 c4:|2 d4|]|:e4:|",
    "|:A2B2|[1 c4:|[2 d4|]f4|",
    "|:A2::B2:|",
    "A2|[K:G]c2|[M:3/4]c2 B2 A2|[L:1/16]c4 B4|",
    "A B c\\\nd e f|\nK:F\nB4|",
    "A2 % B2\nc2|w: la\n|",
    "(A(Bc)d) (e2 f)g|",
    "A2|A:|B2|]",
]


@needs_abc2midi
@pytest.mark.parametrize("body", CONSTRUCTS)
def test_constructs_agree(body: str) -> None:
    assert agrees(HEADER + body)


@needs_abc2midi
@pytest.mark.parametrize("mode", ["maj", "m", "dor", "phr", "lyd", "mix", "aeo", "loc", "ion"])
@pytest.mark.parametrize("tonic", ["C", "G", "D", "A", "E", "F", "Bb", "Eb", "F#"])
def test_keys_agree(tonic: str, mode: str) -> None:
    key = f"{tonic}{mode}"
    if (tonic, mode) in {("F#", "lyd"), ("Eb", "loc"), ("Eb", "phr"), ("Bb", "loc")}:
        key = f"D{mode}"  # beyond seven signs there is nothing to compare with
    assert agrees(HEADER.replace("K:D", f"K:{key}") + "CDEF|GABc|")


@needs_abc2midi
@pytest.mark.parametrize(
    "key",
    ["Dm^c", "EMinor^c", "DMix_B_e", "C ^f ^c ^a", "G bass", "D exp _b _e ^f", "HP", "C treble-8",
     "C treble+8", "C octave=-1", "C transpose=-12", "Am =g ^f", "C alto4", "Gmaj", "G Major"],
)  # fmt: skip
def test_keys_with_accidentals_and_clefs_agree(key: str) -> None:
    assert agrees(HEADER.replace("K:D", f"K:{key}") + "CDEF|GABc|")


@needs_abc2midi
@pytest.mark.parametrize(
    "body",
    ["V:1 transpose=-12\nCDEF|\n", "V:1 octave=-1\nCDEF|\n", "V:1 clef=treble-8\nCDEF|\n",
     "(3::2AB c|(3:2ABc d|(12:8:2AB c|", "M:6/8\nL:1/8\nABc def|"],
)  # fmt: skip
def test_voices_tuplets_and_late_fields_agree(body: str) -> None:
    assert agrees(HEADER + body)


@needs_abc2midi
def test_the_departures_are_still_there() -> None:
    assert not agrees(HEADER + "A4|\n\nB4|]")
    assert not agrees(HEADER + "M:3/4 A6|B6|\nc6|]")
    assert not agrees(HEADER + "A8|B8||c8|d8:|", write_repeats=False)
    assert not agrees(HEADER + "e<a3 f2|")
    assert not agrees(HEADER + "A2{g}|B2|")
