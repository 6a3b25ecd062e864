import pytest

from musicgen.notation.display.excerpt import cut_bars, excerpt
from musicgen.notation.display.layout import break_lines, lay_out_spans
from musicgen.notation.parsing.reader import read_tune

TEXT = "X:1\nT:Four\nM:6/8\nL:1/8\nK:G Major\nB|GAB dBG|ABc ecA|[K:D]f2a afd|d6:|!\n"


def test_bars_that_a_span_touches_are_cut_with_their_meter_unit_and_key():
    tune, problems = read_tune(TEXT)
    assert not problems
    start = TEXT.index("dBG")
    bars, shift = cut_bars(tune, start, TEXT.index("ecA") + 3)
    assert [note.pitches for note in bars.notes] == [note.pitches for note in tune.notes[1:13]]
    assert bars.text[start + shift :].startswith("dBG")
    assert not bars.title and bars.meter == tune.meter


def test_the_key_is_the_one_of_the_place():
    tune, _ = read_tune(TEXT)
    start = TEXT.index("f2a")
    bars, _shift = cut_bars(tune, start, start + 3)
    assert [note.pitches for note in bars.notes] == [(78,), (81,), (81,), (78,), (74,)]


def test_a_span_outside_of_the_bars_cuts_nothing():
    assert cut_bars(read_tune(TEXT)[0], 0, 5) is None


@pytest.mark.parametrize(
    "before",
    ['"G"', '"^slow"', "!fermata!", "{g}", "~", '"Em" {ga}!f!(', "(3", '|:"G"', 'P:A\n"G"',
     '[K:D]"D"', 'V:1\n"G"'],
)  # fmt: skip
def test_what_stands_before_the_first_note_is_cut_with_it(before: str) -> None:
    whole, _ = read_tune(f"X:1\nM:6/8\nL:1/8\nK:G\n{before}G3 GAB|A6|]\n")
    found = cut_bars(whole, whole.bars[0].start, whole.bars[-1].end)
    assert found
    first, cut = whole.notes[0], found[0].notes[0]
    assert (cut.chord_symbol, cut.decorations, cut.graces, cut.tuplet) == (
        first.chord_symbol, first.decorations, first.graces, first.tuplet,
    )  # fmt: skip
    own = before[max(before.rfind(sign) + 1 for sign in ":]\n") :]  # neither bar line nor field
    assert f"{own}G3" in found[0].text


def test_spans_of_the_tune_become_spans_of_the_laid_out_text():
    tune, _ = read_tune(TEXT)
    laid_out = break_lines(tune, 2)
    start = TEXT.index("dBG")
    ((first, last),) = lay_out_spans(laid_out, [(start, TEXT.index("ecA") + 3), (0, 3)])
    assert "".join(laid_out.text[first:last].split()) == "dBG|ABcecA"


TUNE = """X:7
T:Long
M:6/8
L:1/8
K:D Major
|:DFA dAF|1 GBd gdB:|2 Ace ecA|
K:G
M:9/8
B3 d3 g3|]
"""


def test_bars_stand_alone_with_their_own_meter_and_key() -> None:
    tune, _problems = read_tune(TUNE)
    music = {1: "GBd gdB", 2: "Ace ecA", 3: "B3 d3 g3"}
    part, problems = read_tune(excerpt(tune, music))
    assert not problems
    assert part.play_order == (0, 1, 2)
    for number, bar in enumerate(part.bars, start=1):
        old = tune.bars[number]
        assert [note.pitches for note in bar.notes] == [note.pitches for note in old.notes]
        assert (bar.expected, bar.actual) == (old.expected, old.actual)
        assert bar.key is not None and old.key is not None
        assert bar.key.accidentals == old.key.accidentals
