import itertools
import random

import pytest

from musicgen.errors import GrammarError
from musicgen.notation.analysis.bars import check_bars
from musicgen.notation.grammar.masks import get_guide
from musicgen.notation.grammar.prompt import begin
from musicgen.notation.grammar.rules import Rules
from musicgen.notation.grammar.states import END
from musicgen.notation.parsing.reader import read_tune
from tests.notation.test_grammar import LAB_CHARACTERS
from tests.thorough import some

HEADER = "X:1\nT:A tune\nM:4/4\nL:1/8\nK:D\n"


def complete(text: str, rules: Rules | None = None, seed: int = 0) -> str:
    guide = get_guide(tuple(LAB_CHARACTERS), rules or Rules())
    generator = random.Random(seed)
    state = begin(guide.grammar, text)
    left = 600
    while state != END:
        mask = guide.mask(state, left)
        character = generator.choice(list(itertools.compress(LAB_CHARACTERS, mask)))
        text, left = text + character, left - 1
        following = guide.grammar.feed(state, character)
        assert following is not None
        state = following
    return text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "X:7",
        "X:1\nT:Over",
        HEADER,
        HEADER.rstrip("\n"),
        "X:1\nT:one\nT:two\nC:Trad.\nR:reel\nQ:1/4=120\nM:C|\nL:1/8\nK:Gm clef=treble\n",
        "X:1\nC:Trad.\nR:re",
        "X:1\nL:1/4\nM:3/4\nK:D dor\n".replace("L:1/4\nM:3/4", "M:3/4\nL:1/4"),
        HEADER + "DFA",
        HEADER + "AG|A8|A4 (3",
        HEADER + "[DFA]2 (AB) {c}d>",
        HEADER + "[DFA]2 (AB) {c}d",
        HEADER + '"Am"A2 !trill!B2|[FA]4 d2',
        HEADER + "|:A8|A8|A8|[CE]8:|\n|:",
        HEADER + "|: AG | A8 | A8 | A8 |1 .A6 :|2 uA6 |]\n",
        HEADER + "A8|A8|~A8|1 vA8:|",
        HEADER + "A8|A8|1 uA8:|2",
        HEADER + "P:A\nuA8|\nP:B\nA4",
        HEADER + "% a comment\nuA8|\nw: la la\nA4",
        "X:1\nM:7/8\nL:1/8\nK:D\nABc d2 e2|u",
    ],
)
@pytest.mark.parametrize("seed", some([1, 2], 2))
def test_what_is_begun_is_brought_to_a_right_end(text: str, seed: int) -> None:
    if text.endswith(">"):
        with pytest.raises(GrammarError, match="line 6"):
            complete(text, seed=seed)
        return
    done = complete(text, seed=seed)
    assert done.startswith(text)
    tune, _ = read_tune(done)
    report = check_bars(tune)
    assert [bar for bar in report.wrong if bar.index >= len(read_tune(text)[0].bars)] == []
    assert report.ends_properly


@pytest.mark.parametrize(
    ("text", "rules", "words"),
    [
        (HEADER + "A8|A9", Rules(), "line 6, column 5.*longer"),
        (HEADER + "uA8|A8|" * 2 + "A9", Rules(), "line 6"),
        (HEADER + "uA8|" + "A8|" * 20, Rules(), "20 bars already|21 bars already"),
        ("A8|A8|", Rules(), "line 1, column 1"),
        ("X:1\nM:none\nK:D\nABc|", Rules(), "no meter"),
        (HEADER, Rules(meter="6/8"), "in 4/4, but 6/8"),
        (HEADER, Rules(key="E minor"), "in D, but E minor"),
        (HEADER, Rules(unit="1/4"), "unit length"),
        ("X:1\nR:reel\nC:T\n", Rules(rhythm="jig"), "the rhythm reel, but jig"),
        (HEADER + "uA8|A8|A8|A8:|\nA8|A8|A8|A8:|\nA", Rules(sections=(2, 2)), "line 8"),
        (HEADER + "uA8|A9|A8|", Rules(), "line 6, column 5.*longer than the meter"),
        (HEADER + "A4 [Ac", Rules(), "line 6, column 4.*chord is not closed"),
        (HEADER + "A4 C,,2", Rules(lowest=62, highest=86, is_exact=True), "column 4.*outside"),
    ],
)
def test_a_beginning_that_breaks_the_rules_is_a_sentence(
    text: str, rules: Rules, words: str
) -> None:
    guide = get_guide(tuple(LAB_CHARACTERS), rules or Rules())
    with pytest.raises(GrammarError, match=words):
        begin(guide.grammar, text)


@pytest.mark.parametrize("fields", ["", "B:lab\n", "N:8 8 b\n"])
def test_behind_a_header_music_comes_and_no_blank_line(fields: str) -> None:
    grammar = get_guide(tuple(LAB_CHARACTERS), Rules()).grammar
    state = begin(grammar, f"X:1\n{fields}M:6/8\nL:1/8\nK:G Major\n")
    assert "D" in grammar.allowed(state)
    assert not {"\n", "!"} & set(grammar.allowed(state))
