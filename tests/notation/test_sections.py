"""How long sections are, as one who plays them counts."""

import pytest

from musicgen.notation.analysis.sections import section_lengths
from musicgen.notation.parsing.reader import read_tune

HEAD = "X:1\nM:6/8\nL:1/8\nK:G\n"


@pytest.mark.parametrize(
    ("music", "lengths"),
    [
        ("DFA dAF|ABA AFD|DFA dAF|D3 D3:|", (4,)),
        ("A|DFA dAF|ABA AFD|DFA dAF|D3 D2:|", (4,)),
        # Half a bar before the first one, and the other half at the end.
        ("FGA|DFA dAF|ABA AFD|DFA dAF|D3:|\nGAB|DFA dAF|ABA AFD|DFA dAF|D3:|", (4, 4)),
        # More than half of one before it, and the rest at the end.
        ("DFGA|DFA dAF|ABA AFD|DFA dAF|D2:|", (4,)),
        ("FGA|DFA dAF|ABA AFD|DFA dAF|1 D3:|2 D3||", (4,)),
        # A section that ends with half a bar because the next one begins with the other half.
        ("DFA dAF|ABA AFD|DFA dAF|D3:|:GAB|DFA dAF|ABA AFD|DFA dAF|D3:|", (4, 4)),
        ("D3||DFA dAF|ABA AFD||", (1, 2)),
    ],
)
def test_pickups_and_second_endings_do_not_count(music: str, lengths: tuple[int, ...]) -> None:
    assert section_lengths(read_tune(HEAD + music + "\n")[0]) == lengths
