"""Each construct of ABC against values worked out by hand; times in quarter notes."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicgen.notation.analysis.bars import check_bars
from musicgen.notation.display.layout import break_lines
from musicgen.notation.model import Note, ProblemKind, Tune
from musicgen.notation.parsing.reader import MAX_PROBLEMS, read_tune
from musicgen.notation.playback import follow
from musicgen.notation.writing.abc_writer import write_abc

HEADER = "X:1\nT:Test\nM:4/4\nL:1/4\nK:C\n"


def read(body: str, header: str = HEADER) -> Tune:
    return read_tune(header + body)[0]


def pitches(body: str, header: str = HEADER) -> list[int]:
    return [pitch for note in read(body, header).notes for pitch in note.pitches]


def lengths(body: str, header: str = HEADER) -> list[Fraction]:
    return [note.duration for note in read(body, header).notes]


def sounding(body: str, header: str = HEADER) -> list[tuple[int, Fraction, Fraction]]:
    return [(n.pitch, n.onset, n.duration) for n in read(body, header).performance]


def words(body: str) -> list[str]:
    return [problem.message for problem in read_tune(HEADER + body)[1]]


def test_letters_and_octave_marks_are_pitches() -> None:
    assert pitches("C,, C, C B c b c' c''|") == [36, 48, 60, 71, 72, 83, 84, 96]


def test_accidentals_last_to_the_bar_line_in_all_octaves() -> None:
    assert pitches("^F F f _f F|F") == [66, 66, 78, 76, 64, 65]


def test_double_accidentals_and_naturals() -> None:
    assert pitches("^^F __B =F|", HEADER.replace("K:C", "K:D")) == [67, 69, 65]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [("octave", [66, 66, 77]), ("not", [66, 65, 77]), ("pitch", [66, 66, 78])],
)
def test_the_reach_of_accidentals_can_be_chosen(scope: str, expected: list[int]) -> None:
    assert pitches(f"%%propagate-accidentals {scope}\n^F F f|") == expected


def test_a_tie_carries_its_accidental_over_the_bar_line_and_no_further() -> None:
    assert pitches("^F4-|F2 F2|") == [66, 66, 65]


@pytest.mark.parametrize(
    ("written", "quarters"),
    [
        ("A", "1"), ("A2", "2"), ("A/", "1/2"), ("A//", "1/4"), ("A/2", "1/2"), ("A3/2", "3/2"),
        ("A3/", "3/2"), ("A/4", "1/4"), ("A7/8", "7/8"), ("A16", "16"), ("z3/4", "3/4"),
    ],
)  # fmt: skip
def test_lengths_in_all_spellings(written: str, quarters: str) -> None:
    assert lengths(written + "|") == [Fraction(quarters)]


@pytest.mark.parametrize(
    ("written", "quarters"),
    [
        ("A>B", "3/2 1/2"), ("A<B", "1/2 3/2"), ("A>>B", "7/4 1/4"), ("A<<<B", "1/8 15/8"),
        ("A > B", "3/2 1/2"), ("A>|B", "3/2 1/2"), ("A>{g}B", "3/2 1/2"), ("A>B>c", "3/2 3/4 1/2"),
        ("A2>B2", "3 1"), ("A>z", "3/2 1/2"), ("[CE]>G", "3/2 1/2"), ('A>"G"B', "3/2 1/2"),
    ],
)  # fmt: skip
def test_broken_rhythm(written: str, quarters: str) -> None:
    assert lengths(written + "|") == [Fraction(text) for text in quarters.split()]


@pytest.mark.parametrize(
    ("written", "quarters"),
    [
        ("(3ABc d", "2/3 2/3 2/3 1"), ("(2AB c", "3/2 3/2 1"), ("(4ABcd e", "3/4 3/4 3/4 3/4 1"),
        ("(3:2:2A2B c", "4/3 2/3 1"), ("(3::2AB c", "2/3 2/3 1"), ("(3:2AzB c", "2/3 2/3 2/3 1"),
        ("(3[CE]GA B", "2/3 2/3 2/3 1"), ("(3{g}ABc d", "2/3 2/3 2/3 1"),
        ('(3"G"A!trill!Bc d', "2/3 2/3 2/3 1"), ("(3A>Bc d", "1 1/3 2/3 1"),
        ("(3(ABc) d", "2/3 2/3 2/3 1"), ("(3AB|c d", "2/3 2/3 2/3 1"),
        ("(5ABcde f", "2/5 2/5 2/5 2/5 2/5 1"), ("((3ABc) d", "2/3 2/3 2/3 1"),
        ("(1:2:2AB c", "2 2 1"), ("(1:2A B", "2 1"), ("(3::ABc d", "2/3 2/3 2/3 1"),
        ("(3:ABc d", "2/3 2/3 2/3 1"), ("(2:3:4ABcd", "3/2 3/2 3/2 3/2"),
        ("(12:8:2AB c", "2/3 2/3 1"),
    ],
)  # fmt: skip
def test_tuplets(written: str, quarters: str) -> None:
    assert lengths(written + "|") == [Fraction(text) for text in quarters.split()]


def test_five_notes_take_the_time_of_three_in_compound_meter() -> None:
    assert lengths("(5ABcde f|", HEADER.replace("4/4", "6/8"))[0] == Fraction(3, 5)


def test_the_unit_note_length_follows_the_meter_where_none_is_written() -> None:
    assert lengths("A|", "X:1\nM:2/4\nK:C\n") == [Fraction(1, 4)]
    assert lengths("A|", "X:1\nM:3/4\nK:C\n") == [Fraction(1, 2)]
    assert lengths("A|", "X:1\nK:C\n") == [Fraction(1, 2)]


def test_chords_are_one_note_of_several_pitches() -> None:
    (chord, after) = read("[CE2G]2 A|").notes
    assert chord.pitches == (60, 64, 67)
    assert chord.duration == 2
    assert after.onset == 2


def test_the_length_of_a_chord_is_that_of_its_first_note_times_its_own() -> None:
    assert lengths("[C2E2]3/2|") == [3]


def test_a_chord_symbol_may_stand_inside_a_chord() -> None:
    (note, _) = read('["Am"CE]2 A|').notes
    assert (note.pitches, note.chord_symbol) == ((60, 64), "Am")


def test_only_the_tied_note_of_a_chord_sounds_on() -> None:
    assert sounding("[C-E]C|") == [(60, 0, 2), (64, 0, 1)]


def test_ties_merge_across_bar_lines_and_repeats() -> None:
    assert sounding("A4-|A4|") == [(69, 0, 8)]
    assert sounding("A4-:|B4|") == [(69, 0, 8), (71, 8, 4)]


def test_a_tie_to_another_pitch_is_none() -> None:
    assert sounding("A-B|") == [(69, 0, 1), (71, 1, 1)]


def test_grace_notes_take_a_quarter_of_their_length_from_the_note_after_them() -> None:
    quarter = Fraction(1, 4)
    assert sounding("{g}A2|") == [(79, 0, quarter), (69, quarter, 2 - quarter)]


def test_grace_notes_never_take_more_than_three_quarters() -> None:
    played = sounding("{gfedc}A|")
    assert played[-1] == (69, Fraction(3, 4), Fraction(1, 4))


def test_grace_notes_know_where_they_stand() -> None:
    tune = read("{gf}A|")
    assert [tune.text[n.start : n.end] for n in tune.performance] == ["g", "f", "A"]


def test_rests_are_notes_without_pitch() -> None:
    notes = read("z x2 A y B|").notes
    assert [(n.is_rest, n.duration) for n in notes] == [
        (True, 1), (True, 2), (False, 1), (False, 1),
    ]  # fmt: skip


def test_a_rest_of_several_bars_lasts_so_many_bars() -> None:
    tune = read("Z3|A4|")
    assert tune.bars[0].actual == tune.bars[0].expected == 12
    assert tune.performance[0].onset == 12


def test_chord_symbols_and_decorations_belong_to_the_note_after_them() -> None:
    note = read('"Am7/G"~!trill!.A "slowly"B|').notes[0]
    assert note.chord_symbol == "Am7/G"
    assert note.decorations == ("roll", "trill", "staccato")


def test_symbols_can_be_given_a_new_meaning() -> None:
    header = HEADER.replace("K:C", "U:n=!turn!\nK:C")
    assert read("nA|", header).notes[0].decorations == ("turn",)


def test_an_exclamation_mark_is_a_decoration_only_where_it_names_one() -> None:
    assert pitches("A!\nB!|") == [69, 71]
    assert pitches("A!Bc!d|") == [69, 71, 72, 74]
    assert read("!fermata!A|").notes[0].decorations == ("fermata",)


def test_chords_of_the_oldest_style_are_read() -> None:
    assert read("+CEG+ A|").notes[0].pitches == (60, 64, 67)


def test_line_ends_of_all_styles_and_comments_are_passed_over() -> None:
    assert pitches("A\\\nB*\nc!\nd % e f g\n%%MIDI program 3\ne|") == [69, 71, 72, 74, 76]


def test_lyrics_and_text_fields_are_passed_over() -> None:
    assert pitches("A B|\nw: la la\nW: more\nN: note\nc d|") == [69, 71, 72, 74]


def test_fields_change_key_meter_and_length_in_the_body() -> None:
    tune = read("F4|\nK:D\nF4|[K:F]B4|[M:3/4]A3|\nL:1/8\nA6|")
    assert [note.pitches[0] for note in tune.notes] == [65, 66, 70, 69, 69]
    assert [bar.expected for bar in tune.bars] == [4, 4, 4, 3, 3]


def test_fields_of_the_old_style_stand_inside_a_line() -> None:
    tune = read("M:3/4 A3| M:4/4 A4|B4|")
    assert [bar.expected for bar in tune.bars] == [3, 4, 4]
    assert [note.pitches[0] for note in tune.notes] == [69, 69, 71]


def test_a_line_that_begins_with_a_note_and_a_repeat_is_no_field() -> None:
    assert pitches("A:|\nB::c|") == [69, 71, 72]


def test_the_first_voice_is_read_and_the_others_are_named() -> None:
    tune, problems = read_tune(HEADER + "V:1\nA4|\nV:2\nC4|\n[V:1]B4|\n[V:2]D4|\n")
    assert [note.pitches[0] for note in tune.notes] == [69, 71]
    assert "'2'" in problems[0].message
    assert [n.pitches[0] for n in read_tune(tune.text, voice="2")[0].notes] == [60, 62]


def test_a_second_voice_in_the_same_bar_is_left_out() -> None:
    assert pitches("A4 & C4|B4|") == [69, 71]


@pytest.mark.parametrize(
    ("written", "expected", "names"),
    [
        ("[!fermata!CE]", (60, 64), ("fermata",)),
        ("[!1!D!3!F!5!A]", (62, 65, 69), ("1", "3", "5")),
        ("[+accent+CE]", (60, 64), ("accent",)),
        ("[~C.E]", (60, 64), ("roll", "staccato")),
        ("[uCvE]", (60, 64), ("upbow", "downbow")),
        ("[HCLEMG]", (60, 64, 67), ("fermata", "accent", "lowermordent")),
        ('["Am"C"^fed"E]', (60, 64), ()),
        ("[TCPESGOc]", (60, 64, 67, 72), ("trill", "uppermordent")),
        ("!fermata![CE]", (60, 64), ("fermata",)),
    ],
)
def test_decorations_inside_a_chord_belong_to_the_chord(
    written: str, expected: tuple[int, ...], names: tuple[str, ...]
) -> None:
    tune = read(f"{written}2 A|")
    assert [note.pitches for note in tune.notes] == [expected, (69,)]
    assert tune.notes[0].decorations == names
    again, _ = read_tune(write_abc(tune))
    assert again.notes[0].decorations == names
    assert pitches(break_lines(tune).text, "") == [*expected, 69]


@pytest.mark.parametrize(
    "grace", ["{!accent!g}", '{"^fed"g}', "{~g}", "{/g}", "{+fermata+g}", "{ug}"]
)
def test_decorations_of_grace_notes_are_no_notes(grace: str) -> None:
    (note,) = read(f"{grace}A|").notes
    assert note.graces == (79,)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("+CE+ A|", [(60, 64), (69,)]), ("+E3 c3+ A|", [(64, 72), (69,)]),
        ("+C2E2+ +^C=E+|", [(60, 64), (61, 64)]), ("+CE+2 A|", [(60, 64), (69,)]),
        ("+E c +z|", [(64, 72), ()]), ("+f+A +ff+B|", [(69,), (71,)]),
        ("+fermata+A +trill+B|", [(69,), (71,)]), ("+C,c'+|", [(48, 84)]),
    ],
)  # fmt: skip
def test_plus_signs_enclose_old_chords_or_decorations(
    written: str, expected: list[tuple[int, ...]]
) -> None:
    tune, problems = read_tune(HEADER + written)
    assert [note.pitches for note in tune.notes] == expected
    assert problems == ()
    laid_out, _ = read_tune(break_lines(tune).text)
    assert [note.pitches for note in laid_out.notes] == expected


@pytest.mark.parametrize("name", ["D.C. al Fine", "Da Capo", "D.S. al Coda"])
def test_a_decoration_may_have_blanks_in_its_name(name: str) -> None:
    assert pitches(f"A4|!{name}!B4|") == [69, 71]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("_3/2B", 70), ("^3/2c", 73), ("_/A", 69), ("^/f", 77), ("^1/2f", 77), ("^3/4c", 73),
        ("^1/4c", 72), ("_5/4B", 70), ("^^1/2c", 73),
    ],
)  # fmt: skip
def test_quarter_tones_are_rounded_towards_the_natural_note(written: str, expected: int) -> None:
    tune, problems = read_tune(f"{HEADER}{written}|")
    assert [note.pitches for note in tune.notes] == [(expected,)]
    assert "nearest semitone" in problems[0].message


def test_quarter_tones_of_a_key_are_reported() -> None:
    tune, problems = read_tune("X:1\nK:D ^3/2g\nGF|")
    assert [note.pitches for note in tune.notes] == [(68,), (66,)]
    assert "nearest semitone" in problems[0].message


def test_fields_behind_the_key_are_the_tune_s_where_the_header_has_none() -> None:
    text = "X:1\nK:G\nM:6/8\nL:1/8\nT:Late\nT:Again\nC:Me\nR:jig\nQ:3/8=100\nGABcde|\n"
    tune, problems = read_tune(text)
    assert (tune.meter.text, tune.unit_quarters, tune.tempo_qpm) == ("6/8", Fraction(1, 2), 150)
    assert (tune.titles, tune.rhythm, dict(tune.fields)["C"]) == (("Late", "Again"), "jig", "Me")
    assert tune.bars[0].expected == tune.bars[0].actual == 3
    assert problems == ()
    again, _ = read_tune(write_abc(tune))
    assert (again.meter.text, again.titles, again.rhythm) == ("6/8", tune.titles, "jig")


def test_the_unit_note_length_follows_a_meter_behind_the_key() -> None:
    assert lengths("M:2/4\nA|", "X:1\nK:C\n") == [Fraction(1, 4)]
    assert lengths("M:2/4\nA|", "X:1\nL:1/8\nK:C\n") == [Fraction(1, 2)]


def test_what_the_header_has_stays() -> None:
    tune = read("T:Second part\nM:3/4\nA3|R:waltz\n", HEADER.replace("K:C", "R:reel\nK:C"))
    assert (tune.title, tune.meter.text, tune.rhythm) == ("Test", "4/4", "reel")
    assert tune.bars[0].expected == 3


def test_a_title_in_the_middle_is_all_there_is() -> None:
    assert read("A4|\nT:Middle\nB4|\n", HEADER.replace("T:Test\n", "")).title == "Middle"


@pytest.mark.parametrize(
    "line", ["Reels", "Slow air", "This is how we play it", "by T. Moore", "O'Carolan", "Dance"]
)
def test_words_without_a_bar_line_are_no_music(line: str) -> None:
    tune, problems = read_tune(f"{HEADER}A4|\n{line}\nB4|")
    assert [note.pitches for note in tune.notes] == [(69,), (71,)]
    assert [problem.kind for problem in problems] == [ProblemKind.LEFT_OUT]


@pytest.mark.parametrize(
    "line", ["+trill+CDEF GABc", "!trill!CDEF GABc", "CDEF GABc", "uCvDuEvF GABc", "C2 D2 E2 F2",
             '"slow"CDEF "Am"GABc', "{fed}CDEF [K:C]GABc", "(uCDE) TF"],
)  # fmt: skip
def test_music_without_a_bar_line_is_music(line: str) -> None:
    tune, problems = read_tune(f"{HEADER}{line}\n")
    assert len(tune.notes) >= 4
    assert problems == ()


def test_an_empty_line_before_the_first_note_ends_nothing() -> None:
    tune, problems = read_tune(f"{HEADER}\n\nCDEF GABc\n")
    assert (len(tune.notes), problems) == (8, ())


def test_words_and_directives_behind_an_empty_line_are_no_music() -> None:
    tune, problems = read_tune(f"{HEADER}A4|]\n\nW:words | more\n\n% note\n%%newpage\n")
    assert (len(tune.notes), problems) == (1, ())


def test_music_behind_free_text_is_not_read_and_said_to_be_missing() -> None:
    tune, problems = read_tune(f"{HEADER}A4|]\n\nSome words about it.\n\nB4|]\n")
    assert len(tune.notes) == 1
    assert [problem.kind for problem in problems] == [ProblemKind.LEFT_OUT, ProblemKind.NOT_READ]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("A !foo!B|", ProblemKind.LEFT_OUT), ("A & C|", ProblemKind.LEFT_OUT),
        ("A|\n\nB|", ProblemKind.LEFT_OUT), ("A ? B|", ProblemKind.NOT_READ),
        ("A999999|", ProblemKind.NOT_READ), ("K:nonsense\nA|", ProblemKind.NOT_READ),
        ("^/A|", ProblemKind.NOT_READ), ("[]A|", ProblemKind.NOT_READ),
    ],
)  # fmt: skip
def test_a_problem_says_whether_the_melody_is_touched(body: str, kind: ProblemKind) -> None:
    (problem,) = read_tune(HEADER + body)[1]
    assert problem.kind is kind


def test_every_note_knows_its_text() -> None:
    body = '"D"^F2 {g}A/ [CE]3 z|'
    tune = read(body)
    assert [tune.text[n.start : n.end] for n in tune.notes] == ["^F2", "A/", "[CE]3", "z"]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends_of_all_systems_keep_offsets(line_end: str) -> None:
    tune, _ = read_tune(HEADER.replace("\n", line_end) + f"A B|{line_end}c|")
    assert [tune.text[n.start : n.end] for n in tune.notes] == ["A", "B", "c"]


def test_problems_say_where() -> None:
    (problem,) = read_tune(HEADER + "A B|\nc ? d|")[1]
    assert (problem.line, problem.column) == (7, 3)
    assert "?" in problem.message


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("C9999999999|", [60]), ("C1/99999|", [60]), ("C//////////|", [60]), ("C0|", [60]),
        ("(0AB|", [69, 71]), ("(3:0:0AB|", [69, 71]), ("^^^^^F|", [67]), ("c''''''''|", [120]),
        (">A|", [69]), ("A>>>>>>B|", [69, 71]), ("[CE|", [60, 64]), ("[]A|", [69]),
        ('"Am A|\nB|', [71]), ("[K:D A|", [69]), ("A\0B|", [69, 71]), ("A2,|", [57]),
        ("A - B|", [69, 71]), ("A?B|", [69, 71]), ("{gA|", [79, 69]),
    ],
)  # fmt: skip
def test_rubble_gives_notes_as_far_as_it_makes_sense(body: str, expected: list[int]) -> None:
    assert pitches(body) == expected


@pytest.mark.parametrize("key", ["Z Majorx", "####", "H", "Dx"])
def test_a_key_that_is_none_is_c_with_a_problem(key: str) -> None:
    tune, problems = read_tune(f"X:1\nK:{key}\nF|")
    assert tune.notes[0].pitches == (65,)
    assert key in problems[0].message


@pytest.mark.parametrize("field", ["M:99999/8", "M:-3/4", "M:x", "L:9999", "L:1/0", "L:1/3"])
def test_a_value_that_makes_no_sense_is_a_problem(field: str) -> None:
    tune, problems = read_tune(f"X:1\n{field}\nK:C\nA|")
    assert len(tune.notes) == 1
    assert problems[0].line == 2


def test_a_fragment_without_header_is_music() -> None:
    tune, problems = read_tune("ABc|def:|")
    assert len(tune.notes) == 6
    assert tune.meter.bar_quarters is None
    assert "key" in problems[0].message


def test_an_empty_line_does_not_cut_a_tune() -> None:
    assert len(read("A4|\n\nB4|").notes) == 2


def test_prose_after_a_tune_is_no_music() -> None:
    tune, problems = read_tune(HEADER + "A4|]\n\nThis tune was collected in Clare.\n")
    assert len(tune.notes) == 1
    assert problems


def test_only_the_first_tune_is_read() -> None:
    tune, problems = read_tune(HEADER + "A|\nX:2\nK:C\nB|\n")
    assert len(tune.notes) == 1
    assert "Another tune" in problems[0].message


def test_fields_before_the_first_tune_hold_for_it() -> None:
    tune, _ = read_tune("L:1/16\n\nX:1\nM:4/4\nK:C\nA|")
    assert tune.unit_quarters == Fraction(1, 4)


def test_the_empty_text_is_an_empty_tune() -> None:
    tune, _ = read_tune("")
    assert tune.bars == ()
    assert tune.performance == ()
    assert tune.duration_quarters == 0


def test_problems_are_bounded() -> None:
    assert len(read_tune(HEADER + "?" * 5000)[1]) == MAX_PROBLEMS + 1


def everything_holds(text: str) -> None:
    """Whatever the text: spans in order and inside it, times without gaps, all parts work."""
    tune, problems = read_tune(text)
    notes: tuple[Note, ...] = tune.notes
    starts = [note.start for note in notes]
    assert starts == sorted(starts)
    assert all(0 <= note.start < note.end <= len(text) for note in notes)
    assert all(note.duration > 0 for note in notes)
    assert all(0 <= n.pitch <= 127 and n.duration > 0 for n in tune.performance)
    assert all(0 <= problem.start <= len(text) for problem in problems)
    at = Fraction(0)
    for span in follow(tune):
        assert span.onset == at
        at += span.duration
    assert at == tune.duration_quarters
    check_bars(tune)
    break_lines(tune)
    write_abc(tune)


@settings(deadline=None, max_examples=150)
@given(st.text())
def test_any_text_is_read(text: str) -> None:
    everything_holds(text)
    everything_holds(HEADER + text)


SIGNS = [*"ABCdefgz|:[]()<>/23,'^_=-~{}\"!+&.%\n\\* XKMLPV“”’\u200b\u00a0", "V:1 A|\n", "&&", "(&",
    "|1", ":|2", "[1", "(3", "K:D", "M:6/8", "[V:2]", "!D.C.!", "::", "|]", '"Am"', "Z4", "P:A\n"
]  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(SIGNS), max_size=80))
def test_any_heap_of_abc_signs_is_read(signs: list[str]) -> None:
    everything_holds(HEADER + "".join(signs))


@pytest.mark.parametrize(
    "bomb",
    [
        ":|" * 2000, "|:" * 64 + "A" + ":|" * 64, "".join(f"[{n} A|" for n in range(1, 10)),
        "[1" * 3000, "^" * 5000, "{" * 5000, "[" * 5000, '"' * 5001, "!" * 5000, "(" * 5000,
        "[V:2]" * 1000, "V:1\n" + "[V:2]A&B[V:1]C" * 500, "A&B|" * 1000, "“" * 5000, "+A" * 3000,
        "\r" * 5000, "\u200bA" * 2000, "[!a" * 2000,
        "V:1 A\n" * 500, "9" * 5000, "A" + "/" * 5000, "Z99" * 500, "(9:99:99" * 500, "A-" * 2000,
        "A/3C/7D/11E/13F/17G/19" * 200, "!coda!A|" * 500, '"D.C."A|' * 500, "P:A\nA|\n" * 300,
    ],
)  # fmt: skip
def test_bombs_do_no_harm(bomb: str) -> None:
    everything_holds(HEADER + bomb)


@pytest.mark.parametrize(
    "value",
    ["1/4=", "1/0=80", "0", "-5", "1/4=99999", "(80)", "allegro 80", "4=80", "M.M.=80", "fast 1/4"],
)
def test_a_tempo_that_cannot_be_read_is_told(value):
    head, body = "X:1\nM:6/8\nL:1/8\n", "CDE EFG|"
    tune, [problem] = read_tune(f"{head}Q:{value}\nK:C\n{body}")
    assert tune.tempo_qpm is None and "no tempo" in problem.message
    assert (problem.line, problem.kind) == (4, ProblemKind.LEFT_OUT)
    tune, [problem] = read_tune(f"{head}Q:1/8=90\nK:C\n{body}[Q:{value}]{body}")
    assert tune.tempo_qpm == 45 and "the one before it stays" in problem.message


@pytest.mark.parametrize("value", ['"Allegro"', '"Slow" 1/4=60', "120", "1/4=ca.80", ""])
def test_words_in_quotes_are_no_wrong_tempo(value):
    assert not read_tune(f"X:1\nM:6/8\nL:1/8\nQ:{value}\nK:C\nCDE|")[1]


def test_macros_are_told():
    """Section 9 of the standard."""
    tune, [problem] = read_tune("X:1\nM:6/8\nL:1/8\nm:~n2=n/o/n/m/\nK:C\n~G2E FGA|]")
    assert "Macros" in problem.message and problem.line == 4
    assert [note.pitches for note in tune.notes] == [(67,), (64,), (65,), (67,), (69,)]


@pytest.mark.parametrize("body", ["[V:2] C,4|]\n[V:1] CDEF|]\n", "V:2\nC,4|]\nV:1\nCDEF|]\n"])
def test_the_header_says_which_voice_is_the_first(body):
    head = "X:1\nM:4/4\nL:1/4\nV:1 clef=treble\nV:2 clef=bass\nK:C\n"
    tune, _ = read_tune(head + body)
    assert [note.pitches for note in tune.notes] == [(60,), (62,), (64,), (65,)]
    swapped = head.replace("V:1 clef=treble\nV:2 clef=bass", "V:2 clef=bass\nV:1 clef=treble")
    assert [note.pitches for note in read_tune(swapped + body)[0].notes] == [(48,)]


def test_a_chord_of_grace_notes_is_played_note_by_note_and_told():
    tune, [problem] = read_tune("X:1\nM:2/4\nL:1/4\nK:C\n{[ce]d}AA|")
    assert tune.notes[0].graces == (72, 76, 74)
    assert "one note after the other" in problem.message
