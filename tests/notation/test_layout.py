"""The engraver's text: the same sound, so many bars a line, and every note found again."""

import json
import subprocess

import pytest

from musicgen.config import Paths
from musicgen.notation.display.layout import break_lines, group_lines, original_offsets
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tunebook import decode_text, split_tunebook
from tests.node import find_node
from tests.thorough import some

TUNE = """X:7
T:Two sections
Z: somebody
M:2/4
L:1/8
K:D Major
AG|F2 "D"FA|{g}GFD2|(3ded fd|^cA A,>C|!
D2 DE|FG [FA]2|EDCD|1 D2:|2 D2|]!
M:3/4
% a comment
d2 c2 A2|z2 G2- G2:|!
"""

CASES = [
    TUNE,
    TUNE.replace("\n", "\r\n"),
    "ABc|d",
    "X:1\nK:C\nA|\n|f2|g2:|",
    "X:1\nM:C\nK:C\nV:1\nA8|\nV:2\nC8|\nV:1\nB8|]",
    "X:1\nM:C\nL:1/8\nK:C\nM:3/4 egdB A2| M:4/4 egdB GABd|A8:|",
    'X:1\nK:C\nA"|B c|\nd q e|]',
    "X:1\nK:C\nA!Bc!d|P:B\ne4|]",
    "X:1\nK:C\n| |A|:|: B:|\n[1 c:|[2d|]",
    "X:1\nK:C\nA& c|!fermata!B|d:]",
    # Lines that begin with what is no sign.
    "X:1\nK:C\n!foo!CDEF|GABc|]",
    "X:1\nK:C\nCDEF|\nqGABc|]",
    "X:1\nK:C\nCDEF|\n  !foo!GABc|\n#cBAG|]",
    "X:1\nK:C\nCDEF|\n1GABc|\n>cBAG|\n[]GABc|\n^|CDEF|]",
    # A bar that never ends.
    "X:1\nM:C\nL:1/8\nK:D\nA/|" + "^f/d/{g}B/(3G/A/B/d/>e/f/-f/[Ad]/ " * 30,
    "X:1\nK:C\n@CDEF|\nthis is no line of music\n}GABc|]",
    "",
]


def sounding(text: str) -> list[tuple[object, ...]]:
    return [(n.pitch, n.onset, n.duration) for n in read_tune(text)[0].performance]


@pytest.mark.parametrize("bars_per_line", [1, 2, 4, 100])
@pytest.mark.parametrize("text", CASES)
def test_the_laid_out_tune_sounds_the_same(text: str, bars_per_line: int) -> None:
    tune, _ = read_tune(text)
    assert sounding(break_lines(tune, bars_per_line).text) == sounding(text)


@pytest.mark.parametrize("text", CASES)
def test_every_note_is_found_again(text: str) -> None:
    tune, _ = read_tune(text)
    laid_out = break_lines(tune)
    assert sorted(laid_out.spans) == [note.start for note in tune.notes]
    for note in tune.notes:
        start, end = laid_out.spans[note.start]
        assert laid_out.text[start:end].endswith(text[note.start : note.end])
    back = original_offsets(laid_out)
    assert sorted(back.values()) == [note.start for note in tune.notes]


def test_lines_have_so_many_bars_and_end_with_their_section() -> None:
    tune, _ = read_tune(TUNE)
    body = break_lines(tune, 4).text.split("K:D Major\n")[1].splitlines()
    assert body == [
        'AG|F2 "D"FA|{g}GFD2|(3ded fd|^cA A,>C|',
        "D2 DE|FG [FA]2|EDCD|[1D2:|[2D2|]",
        "[M:3/4]d2 c2 A2|z2 G2- G2:|",
    ]


def test_a_narrow_page_has_two_bars_a_line() -> None:
    tune, _ = read_tune(TUNE)
    lines = break_lines(tune, 2).text.splitlines()
    assert max(line.count("|") for line in lines) <= 4


def test_a_bar_that_goes_on_and_on_is_broken_and_none_that_is_written() -> None:
    tune, _ = read_tune("X:1\nM:C\nL:1/8\nK:D\nA|" + "d/B/A/" * 40 + "|" + "d/" * 48 + "|]")
    lines = break_lines(tune, 4).text.splitlines()[4:]
    assert [line.count("/") for line in lines] == [48, 48, 48, 24]
    triplets, _ = read_tune("X:1\nM:C\nL:1/8\nK:D\n" + "(3dBA" * 20 + "|]")
    lines = break_lines(triplets, 2).text.splitlines()[4:]
    assert [line.count("(3") for line in lines] == [8, 8, 4]


def test_the_header_is_whole() -> None:
    laid_out = break_lines(read_tune("ABc|")[0])
    assert laid_out.text.startswith("X:1\nM:none\nL:1/8\nK:none\n")


ABCJS_STARTS = """
const abcjs = require(process.argv[1]);
const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(texts.map((text) => {
  const tune = abcjs.parseOnly(text)[0];
  return tune.lines.flatMap((line) => line.staff ? line.staff[0].voices[0] : [])
    .filter((e) => e.el_type === 'note' && !(e.rest && e.rest.type === 'spacer'))
    .map((e) => e.startChar);
})));
"""


def abcjs_starts(texts: list[str]) -> list[list[int]]:
    node = find_node()
    library = Paths.default().abcjs
    if node is None or not library.exists():
        pytest.skip("abcjs or node is missing: run `make setup`")
    done = subprocess.run(
        [node, "-e", ABCJS_STARTS, str(library)],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    starts: list[list[int]] = json.loads(done.stdout)
    return starts


def test_spans_begin_where_abcjs_says() -> None:
    laid_out = [break_lines(read_tune(text)[0]) for text in CASES[:-1]]
    ours = [sorted(start for start, _ in each.spans.values()) for each in laid_out]
    assert ours == abcjs_starts([each.text for each in laid_out])


def test_spans_begin_where_abcjs_says_on_the_whole_corpus() -> None:
    corpus = Paths.default().data / "irish.abc"
    if not corpus.exists():
        pytest.skip("the lab's tunebook is missing: run `make setup`")
    texts = some([tune.text for tune in split_tunebook(decode_text(corpus.read_bytes()))], 3)
    laid_out = [break_lines(read_tune(text)[0]) for text in texts]
    assert [sounding(each.text) for each in laid_out] == [sounding(text) for text in texts]
    ours = [sorted(start for start, _ in each.spans.values()) for each in laid_out]
    assert ours == abcjs_starts([each.text for each in laid_out])


def test_a_bar_left_over_joins_the_line_before() -> None:
    bars = "DEFG ABcd|"
    tune, _ = read_tune(f"X:1\nM:C\nL:1/8\nK:D\n{bars * 4}D8|]")
    assert break_lines(tune, 4).text.splitlines()[-1].count("|") == 5
    assert [line.count("|") for line in break_lines(tune, 2).text.splitlines()[-3:]] == [2, 2, 1]
    short, _ = read_tune(f"X:1\nM:C\nL:1/8\nK:D\nA|{bars * 4}DEFG ABc:|")
    assert break_lines(short, 2).text.splitlines()[-1].count("|") == 3


@pytest.mark.parametrize(
    ("body", "most", "bars"),
    [
        ("|:B9|B9|B9|B9:|" * 2, 3, [2, 2, 2, 2]),
        ("A3|B9|B9|B9|B9:|", 3, [3, 2]),  # the pickup counts as no bar
        ("|:" + "B9|" * 6 + "B9:|", 3, [3, 2, 2]),
        ("|:" + "B9|" * 8 + "B9:|", 3, [3, 3, 3]),
        ("|:B9|B9|B9||B9:|", 3, [3, 1]),  # a section of one bar has a line of its own
        ("|:B9|B9|B9|[1B9:|[2B9|]", 3, [3, 2]),
    ],
)
def test_no_bar_is_left_alone_at_the_end_of_a_section(
    body: str, most: int, bars: list[int]
) -> None:
    tune, _ = read_tune(f"X:1\nM:9/8\nL:1/8\nK:D\n{body}\n")
    assert [len(line) for line in group_lines(tune.bars, most)] == bars
    assert sounding(break_lines(tune, most).text) == sounding(tune.text)


def test_a_new_key_stands_before_the_bar_line_of_its_line():
    """So it is the signature of that line, not a change behind ``|:``."""
    text = "X:1\nM:2/4\nL:1/4\nK:D\n|:DE|FG:|\nK:G\n|:GA|Bc:| % words\nK:A\nM:3/4\n|:ABc|ABc:|\n"
    tune = read_tune(text)[0]
    laid_out = break_lines(tune)
    assert laid_out.text.splitlines()[-3:] == [
        "|:DE|FG:|", "[K:G]|:GA|Bc:|", "[K:A][M:3/4]|:ABc|ABc:|",
    ]  # fmt: skip
    again = read_tune(laid_out.text)[0]
    assert [note.pitches for note in again.notes] == [note.pitches for note in tune.notes]
