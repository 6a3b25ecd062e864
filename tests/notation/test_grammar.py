import random
import re
from collections import deque
from collections.abc import Callable

import pytest

from musicgen.config import Paths
from musicgen.errors import GrammarError
from musicgen.notation.analysis.bars import check_bars
from musicgen.notation.grammar.acceptor import Grammar
from musicgen.notation.grammar.masks import Guide, get_guide, view
from musicgen.notation.grammar.rules import Rules, parse_range
from musicgen.notation.grammar.states import END, GrammarState
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tunebook import split_tunebook
from tests.notation.abc2midi import is_installed, read_notes, with_repeats_written
from tests.thorough import IS_THOROUGH, count, some

LAB_CHARACTERS = (
    "\n !\"#'(),-./0123456789:<=>ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_abcdefghijklmnopqrstuvwxyz|"
)
HEADER = "X:1\nT:A tune\nZ: id:1\nM:4/4\nL:1/8\nK:D Major\n"
PLAIN = "A8|" * 3

Pick = Callable[[list[str]], str]


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return Grammar(LAB_CHARACTERS)


def draw(guide: Guide, pick: Pick, limit: int = 900) -> str:
    state, text = guide.grammar.start, ""
    while state != END:
        mask = guide.mask(state, limit - len(text))
        character = pick([c for c, may in zip(LAB_CHARACTERS, mask, strict=True) if may])
        text += character
        following = guide.grammar.feed(state, character)
        assert following is not None
        state = following
    assert len(text) <= limit
    return text


def assert_right(text: str) -> None:
    tune, problems = read_tune(text)
    report = check_bars(tune)
    assert not problems
    assert report.is_in_time
    assert report.ends_properly
    assert text.endswith("\n\n")
    assert "\n\n" not in text[:-2]


@pytest.mark.parametrize(
    "body",
    [
        "dAFA DFAd|fdcd FAdf|gfge fefd|(3efe (3dcB A2 (3ABc|!\ndAFA DFAd|A8|A8|A8:|!\n",
        "AG|A8|A8|A8|A6:|!\nAG|A8|A8|A8|A6|]!\n",
        "A8|A8|A8|1A8:|2A8|]\n",
        "AG|A8|A8|!\n[1A8|A6:|!\n[2 A8|A6||!\nAG|A8|A8|A8|A6:|\n",
        "|:A8|A8|A8|A8::A8|A8|A8|A8:|\n",
        "A>B c<d e3/2f/ g2|A4-A2 B,c'|A8-|A8|]\n",
        "^A_B=c2 (3A2Bc/B/ A|z2A2 z2A2|{ga}A8|~A8|]\n".replace("(3A2Bc/B/ A", "(3ABc A2"),
        "A8|A8|A8|A8|]!\nK:G Major\nA8|A8|A8|A8:|!\n",
        '"Am"A8|"D7"A8|"G"A8|"F#m7"A8|]\n',
    ],
)
def test_right_tunes_are_accepted(body: str) -> None:
    grammar = Grammar(LAB_CHARACTERS + "{}~")
    assert grammar.accepts(HEADER + body)
    assert_right(HEADER + body + "\n")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (PLAIN + "A7:|\n", ":|\n"),  # a bar too short
        (PLAIN + "A6B4:|\n", "4:|\n"),  # a bar too long
        ("AG|" + PLAIN + "A8:|\n", ":|\n"),  # the upbeat is not made up for
        ("AG|" + PLAIN + "A6:|!\nA|A8|", "|A8|"),  # another upbeat
        ("AG|" + PLAIN + "A6:|!\nA8|", "8|"),  # an upbeat is missing
        (PLAIN + "A8|\n\n", "\n"),  # ends without closing
        ("A8|A8:|\n\n", ":|\n\n"),  # too short a section
        (PLAIN + "1A8:|\n\n", "\n"),  # a first ending without a second
        (PLAIN + "A8:|2A8|]\n", "2A8|]\n"),  # a second without a first
        ("|:" + PLAIN + "A8|]\n", "]\n"),  # a repeat opened and not closed
        ("A8|A7(3AB", "B"),  # a tuplet that cannot end within the bar
        ("A7>A|", ">A|"),  # broken rhythm over the bar line
        ("A4>A2 A2", "2 A2"),  # unequal notes broken
        ("A-B", "B"),  # a tie to another pitch
        (PLAIN + "A8-:|\n", ":|\n"),  # a tie into nothing
        ("A8||A8|", "|A8|"),
        ("A8|!\n\n", "\n"),
        ("AxB", "xB"),
        ("C,,8|", ",8|"),
        ("A8\nA8|", "\nA8|"),
        ("A 2", "2"),
    ],
)
def test_mistakes_are_refused_where_they_happen(grammar: Grammar, body: str, where: str) -> None:
    _, length = grammar.feed_text(HEADER + body)
    assert (HEADER + body)[length:] == where


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("T:A", "T:A"),
        ("X:a", "a"),
        ("X:1\nM:6/8\nT:A", "T:A"),
        ("X:1\nK:C", "K:C"),
        ("X:1\nM:7/5", "7/5"),
        ("X:1\nM:6/8\nL:1/3", "3"),
        ("X:1\nM:6/8\nL:1/8\nK:H", "H"),
        ("X:1\nM:6/8\nL:1/8\nK:G# Major\n", "ajor"),
        ("X:1\nT:\n", "\n"),
        ("X:1\nT:" + "A" * 61, "A"),
    ],
)
def test_a_header_out_of_order_is_refused(grammar: Grammar, text: str, where: str) -> None:
    _, length = grammar.feed_text(text)
    assert text[length:].startswith(where[:2])


REACHED = [
    ("X:1MLKCc24/|]\n:[", Rules(bars=(2,), sections=(1, 2))),
    ("X:1MLKC24/|\n:", Rules(bars=(4,), sections=(1, 1))),
    ("X:1MLKCcTZ8/|\n24", Rules("2/4", "C", "1/8", bars=(2,), sections=(1, 1))),
]
REACHED_BY_MANY = [  # a minute for each of them
    ("X:1MLKCGcg24/|\n:^,", Rules("", "C", "", "", (1, 1), (2,), 48, 67, is_exact=True)),
    ("X:1MLKC2/|\n:(3", Rules(bars=(2,), sections=(1, 1))),
    ('X:1MLKC2/|\n:>!"~{}z ', Rules(bars=(2,), sections=(1, 1))),
]


@pytest.mark.parametrize(
    ("characters", "rules"), REACHED + (REACHED_BY_MANY if IS_THOROUGH else [])
)
def test_no_state_that_can_be_reached_is_a_dead_end(characters: str, rules: Rules) -> None:
    """Every state has a next character, and one of them is a step nearer to the end."""
    guide = Guide(characters, rules)
    grammar = guide.grammar
    if "T" in characters:
        start: GrammarState = grammar.start
    else:
        start, _ = grammar.feed_text("X:1\nM:2/4\nL:1/4\nK:C\n")
    seen, waiting = {start}, deque([start])
    while waiting:
        state = waiting.popleft()
        if state == END:
            continue
        following = {grammar.feed(state, character) for character in grammar.script.characters}
        following.discard(None)
        needs = [grammar.min_completion_length(after) for after in following if after is not None]
        assert min(needs) < grammar.min_completion_length(state)
        assert max(needs) < grammar.min_completion_length(state) + guide.section_length(state)
        new = following - seen
        seen |= new
        waiting += new
    assert END in seen
    assert len(seen) > 1000


@pytest.mark.parametrize("seed", range(count(3, 12)))
def test_whatever_is_drawn_is_a_right_tune(seed: int) -> None:
    generator = random.Random(seed)
    limit = generator.choice([90, 200, 400, 1500])
    assert_right(draw(get_guide(tuple(LAB_CHARACTERS), Rules()), generator.choice, limit))


@pytest.mark.parametrize("favourite", some("\n !\"'(,-/19:<=|[]^z_CbKTM", 3))
def test_a_network_that_wants_one_character_only_writes_a_right_tune(favourite: str) -> None:
    guide = get_guide(tuple(LAB_CHARACTERS), Rules())

    def insist(allowed: list[str]) -> str:
        return favourite if favourite in allowed else allowed[-1]

    assert_right(draw(guide, insist, 700))


def test_rules_are_kept_whatever_is_drawn() -> None:
    rules = Rules(
        meter="6/8", key="E dorian", unit="1/8", rhythm="jig", sections=(2, 2), bars=(8,),
        lowest=62, highest=83, is_exact=True,
    )  # fmt: skip
    guide = get_guide(tuple(LAB_CHARACTERS), rules)
    generator = random.Random(5)
    for _ in range(count(3, 6)):
        text = draw(guide, generator.choice, 1500)
        assert_right(text)
        tune, _ = read_tune(text)
        report = check_bars(tune)
        assert tune.meter.text == "6/8"
        assert (tune.key.tonic, tune.key.mode) == ("E", "dorian")
        assert tune.rhythm == "jig"
        assert tune.unit_quarters * 2 == 1
        assert report.lowest is None or report.lowest >= 62
        assert report.highest is None or report.highest <= 83
        assert len(re.findall(r":\||\|\]|\|\||::", text.split("K:")[1])) in (2, 3, 4)


@pytest.mark.skipif(not is_installed(), reason="abc2midi is not installed")
@pytest.mark.parametrize("seed", range(count(4, 20)))
def test_abc2midi_finds_no_fault_with_what_is_drawn(seed: int) -> None:
    text = draw(get_guide(tuple(LAB_CHARACTERS), Rules()), random.Random(seed).choice, 600)
    _, said = read_notes(with_repeats_written(read_tune(text)[0]))
    faults = [line for line in said.splitlines() if re.search(r"Error|Bar \d+ has", line)]
    assert faults == []


@pytest.mark.parametrize("rules", [Rules(), Rules(lowest=62, highest=83, is_exact=True)])
def test_masks_are_what_is_allowed_and_states_that_look_alike_share_them(rules: Rules) -> None:
    guide = get_guide(tuple(LAB_CHARACTERS), rules)
    grammar = guide.grammar
    generator = random.Random(3)
    masks: dict[object, frozenset[str]] = {}
    for _ in range(count(2, 5)):
        state = grammar.start
        for _ in range(400):
            mask = guide.mask(state)
            may = frozenset(c for c, right in zip(LAB_CHARACTERS, mask, strict=True) if right)
            assert may == grammar.allowed(state)
            assert masks.setdefault(view(grammar.script, state), may) == may
            if state == END:
                break
            following = grammar.feed(state, generator.choice(sorted(may)))
            assert following is not None
            state = following


def test_the_mask_leads_home_within_what_is_left() -> None:
    guide = get_guide(tuple(LAB_CHARACTERS), Rules())
    state, _ = guide.grammar.feed_text(HEADER + PLAIN)
    need = guide.grammar.min_completion_length(state)
    assert need == len("A8:|\n\n")
    allowed = [c for c, may in zip(LAB_CHARACTERS, guide.mask(state, need), strict=True) if may]
    assert set(allowed) <= set("CDEFGABcdefgabz")
    assert guide.mask(state, need + 1).sum() > len(allowed)


def test_the_lab_s_tunes_that_keep_time_are_accepted(grammar: Grammar) -> None:
    path = Paths.default().data / "irish.abc"
    if not path.exists():
        pytest.skip("the lab's corpus was not fetched")
    tunes = [piece.text for piece in split_tunebook(path.read_text(encoding="utf-8"))]
    in_time = [text for text in tunes if check_bars(read_tune(text)[0]).is_in_time]
    in_time, late = some(in_time, 4), [text for text in tunes if text not in in_time]
    accepted = sum(grammar.accepts(text) for text in in_time)
    assert accepted / len(in_time) >= 0.95
    assert not any(map(grammar.accepts, late))


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (Rules(meter="7/5"), "no meter"),
        (Rules(meter="none"), "no meter"),
        (Rules(meter="6/8", rhythm="reel"), "The rhythm reel is not in 6/8"),
        (Rules(key="H"), "no key"),
        (Rules(key="E purple"), "no key"),
        (Rules(key="G# Major"), "signature"),
        (Rules(meter="3/8", unit="1/2"), "unit"),
        (Rules(lowest=0, highest=20), "no note within"),
    ],
)
def test_what_cannot_be_kept_is_a_sentence(rules: Rules, words: str) -> None:
    with pytest.raises(GrammarError, match=words):
        Grammar(LAB_CHARACTERS, rules)


def test_a_vocabulary_without_music_is_refused() -> None:
    with pytest.raises(GrammarError, match="cannot write ABC"):
        Grammar("abc|")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("fiddle", (55, 83)), ("Whistle", (62, 86)), ("D-b", (62, 83)), ("G,-e'", (55, 88)),
     ("60-84", (60, 84)), ("84 - 60", (60, 84)), ("^F,-b", (54, 83))],
)  # fmt: skip
def test_ranges_are_read(text: str, expected: tuple[int, int]) -> None:
    assert parse_range(text) == expected


@pytest.mark.parametrize("text", ["", "kazoo", "C-D", "60", "H-b", "60-200"])
def test_a_range_that_is_none_is_a_sentence(text: str) -> None:
    with pytest.raises(GrammarError, match="range"):
        parse_range(text)
