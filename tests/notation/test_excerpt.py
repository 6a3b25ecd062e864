from musicgen.notation.excerpt import excerpt
from musicgen.notation.reader import read_tune

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
