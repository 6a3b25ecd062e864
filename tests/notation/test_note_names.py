import json
import subprocess

import pytest

from musicgen.config import Paths
from musicgen.notation.display.layout import break_lines
from musicgen.notation.display.note_names import name_note, with_note_names
from musicgen.notation.parsing.reader import read_tune
from tests.node import find_node

NODE = find_node() or ""
TUNE = """X:1
T:Names
M:4/4
L:1/4
K:D Major
F F =c c|z"G"[DF] {c}B _e f,|
K:Bb
B E (3ABc|d4|e4|f4|g4|a4|]
"""


def test_notes_have_the_names_that_key_and_accidentals_give_them() -> None:
    tune, _problems = read_tune(TUNE)
    names = [name_note(tune, note) for note in tune.notes]
    assert names[:8] == ["F♯", "F♯", "C", "C", "", "DF♯", "B", "E♭"]
    assert names[8:14] == ["F♯", "B♭", "E♭", "A", "B♭", "C"]


def test_every_note_is_still_found_where_it_went() -> None:
    tune, _problems = read_tune(TUNE)
    plain = break_lines(tune, 2)
    named = with_note_names(plain, tune)
    assert plain.spans.keys() == named.spans.keys()
    for original, (start, end) in plain.spans.items():
        moved = named.spans[original]
        assert named.text[slice(*moved)] == plain.text[start:end]
    again, _problems = read_tune(named.text)
    assert [note.pitches for note in again.notes] == [note.pitches for note in tune.notes]


@pytest.mark.skipif(not NODE or not Paths.default().abcjs.is_file(), reason="needs node and abcjs")
def test_abcjs_puts_each_name_below_its_note() -> None:
    tune, _problems = read_tune(TUNE)
    named = with_note_names(break_lines(tune, 4), tune)
    script = """
    const abcjs = require(process.argv[1]);
    const [tune] = abcjs.parseOnly(require("fs").readFileSync(0, "utf8"));
    const staffs = tune.lines.flatMap((line) => line.staff ?? []);
    const notes = staffs.flatMap((staff) => staff.voices).flat();
    console.log(JSON.stringify(notes.filter((item) => item.el_type === "note")
      .map((item) => [item.startChar, item.lyric?.map((one) => one.syllable).join("") ?? ""])));
    """
    said = subprocess.run(
        [NODE, "-e", script, str(Paths.default().abcjs)],
        input=named.text, capture_output=True, text=True, timeout=240, check=True,
    ).stdout  # fmt: skip
    expected = [[named.spans[note.start][0], name_note(tune, note)] for note in tune.notes]
    assert json.loads(said) == expected
