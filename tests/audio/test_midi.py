from fractions import Fraction
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.audio.arrangement import Arrangement
from musicgen.audio.files import midi_bytes
from musicgen.audio.midi import timeline, to_midi
from musicgen.errors import AudioError
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tunebook import split_tunebook
from tests.audio.conftest import FileReader
from tests.notation import abc2midi

EIGHTH = Fraction(1, 2)


def test_notes_of_a_scale_start_and_last_as_written(make_tune, read_file):
    notes = read_file(to_midi(make_tune("CDEF G2A2|B4 c4|"))).notes
    assert [(note.onset, note.pitch, note.duration) for note in notes] == [
        (0, 60, EIGHTH),
        (EIGHTH, 62, EIGHTH),
        (1, 64, EIGHTH),
        (3 * EIGHTH, 65, EIGHTH),
        (2, 67, 1),
        (3, 69, 1),
        (4, 71, 2),
        (6, 72, 2),
    ]


def test_repeats_and_endings_are_played_out(make_tune, read_file):
    notes = read_file(to_midi(make_tune("|:C8|1 D8:|2 E8|]"))).notes
    assert [(note.onset, note.pitch) for note in notes] == [(0, 60), (4, 62), (8, 60), (12, 64)]


@pytest.mark.parametrize(
    "abc",
    [
        "X:1\nM:6/8\nL:1/8\nK:Edor\nB|:EBB EBB|FED D2B|EBB EBB|GED DFA:|",
        "X:1\nM:4/4\nL:1/8\nK:D\n|:(3ABc d>e f2^g2|a2=f2 A-|A z [DFA]4:|",
        "X:1\nM:9/8\nL:1/8\nK:Amix\nA3 ABA G2E|cde gfe dBG|",
        "X:1\nM:3/4\nL:1/4\nK:Bb\nB,/C/D/E/ F/4G/4A/4B/4|cBA|G3|",
    ],
)
@pytest.mark.skipif(not abc2midi.is_installed(), reason="abc2midi is not on this machine")
def test_file_holds_the_notes_that_abc2midi_writes(abc, read_file):
    expected, _ = abc2midi.read_notes(abc2midi.plain(abc))
    notes = read_file(to_midi(read_tune(abc)[0])).notes
    assert [note.pitch for note in notes] == [note.pitch for note in expected]
    for note, reference in zip(notes, expected, strict=True):
        assert float(note.onset) == pytest.approx(reference.onset, abs=0.005)
        assert float(note.duration) == pytest.approx(reference.duration, abs=0.09)


LENGTHS = ["", "2", "3", "/", "3/2", "/4", "4"]
NOTES = st.tuples(st.sampled_from("CDEFGABcdefgz"), st.sampled_from(LENGTHS)).map("".join)
GROUPS = st.one_of(
    NOTES,
    st.tuples(st.sampled_from(["(3", "(5", "(7", "[CE]", "{d}", "C-", "A>"]), NOTES).map("".join),
)


@given(st.lists(GROUPS, min_size=1, max_size=40).map(" ".join))
def test_every_onset_is_written_to_the_very_tick(body):
    tune = read_tune(f"X:1\nM:4/4\nL:1/8\nK:D\n|:C {body}:|\n")[0]
    reader = FileReader(to_midi(tune))
    written = {(note.onset, note.pitch) for note in reader.notes}
    assert written == {(note.onset, note.pitch) for note in tune.performance}
    assert all(note.duration > 0 for note in reader.notes)


def test_fifty_tunes_of_oneill_are_written_to_the_very_tick():
    """O'Neill's collection comes with music21; also tunes with ornaments, chords and triplets."""
    corpus = Path(*find_spec("music21").submodule_search_locations) / "corpus" / "oneills1850"
    book = (corpus / "0351-0400.abc").read_text(encoding="utf-8", errors="replace")
    texts = split_tunebook(book)
    assert len(texts) == 50
    for text in texts:
        tune = read_tune(text.text)[0]
        written = {(note.onset, note.pitch) for note in FileReader(to_midi(tune)).notes}
        assert written == {(note.onset, note.pitch) for note in tune.performance}


def test_septuplets_get_a_resolution_that_expresses_them(make_tune, read_file):
    reader = read_file(to_midi(make_tune("(7:4:7CDEFGAB c4|")))
    assert reader.file.ticks_per_beat % 7 == 0
    assert reader.notes[1].onset == Fraction(2, 7)


def test_repeated_pitch_is_let_go_before_it_is_struck_again(make_tune, read_file):
    notes = read_file(to_midi(make_tune("CC D4 D2|"))).notes
    assert [note.onset for note in notes] == [0, EIGHTH, 1, 3]
    gaps = [after.onset - note.onset - note.duration for note, after in pairwise(notes)]
    assert gaps == [Fraction(1, 16), 0, Fraction(1, 16)]


def test_gap_before_a_short_repeated_note_leaves_most_of_it(make_tune, read_file):
    notes = read_file(to_midi(make_tune("C/4C/4C/4C/4 D3|"))).notes
    assert all(note.duration >= Fraction(5, 6) * Fraction(1, 8) for note in notes)


def test_pitch_doubled_in_a_chord_is_struck_once(make_tune, read_file):
    notes = read_file(to_midi(make_tune("[CC]4E4|"))).notes
    assert [(note.onset, note.pitch) for note in notes] == [(0, 60), (2, 64)]


def test_beats_are_louder_than_what_lies_between(make_tune, read_file):
    notes = read_file(to_midi(make_tune("DEF GAB|DEF GAB|", meter="6/8"))).notes
    down, off, _, middle, *_ = (note.velocity for note in notes)
    assert down > middle > off
    assert [note.velocity for note in notes[:6]] == [note.velocity for note in notes[6:]]


def test_loudest_arrangement_stays_within_midi(make_tune, read_file):
    for velocity in (1, 127):
        tune = make_tune("DEF GAB|", meter="6/8")
        notes = read_file(to_midi(tune, Arrangement(velocity=velocity))).notes
        assert all(1 <= note.velocity <= 127 for note in notes)


def test_tempo_of_the_tune_is_in_the_file(make_tune, read_file):
    ((onset, event),) = read_file(to_midi(make_tune("C8|", Q="1/4=100"))).events("set_tempo")
    assert onset == 0
    assert event.tempo == pytest.approx(600_000, rel=2e-5)


def test_each_bar_keeps_its_tempo_when_it_is_repeated(make_tune, read_file):
    tune = make_tune("|:C8|[Q:1/4=60]D8:|", Q="1/4=120")
    tempi = read_file(to_midi(tune)).events("set_tempo")
    assert [onset for onset, _ in tempi] == [0, 4, 8, 12]
    fast, slow = pytest.approx(500_000, rel=2e-5), pytest.approx(1_000_000, rel=2e-5)
    assert [event.tempo for _, event in tempi] == [fast, slow, fast, slow]


def test_tempo_factor_makes_the_tune_faster_but_not_other(make_tune, read_file):
    tune = make_tune("CDEF GABc|")
    plain, fast = to_midi(tune), to_midi(tune, Arrangement(tempo_factor=2.0))
    assert fast.get_end_time() == pytest.approx(plain.get_end_time() / 2, rel=1e-5)
    assert read_file(fast).notes == read_file(plain).notes


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("D", "D"),
        ("Ddor", "C"),
        ("Em", "Em"),
        ("Amix", "D"),
        ("Bb", "Bb"),
        ("F#m", "F#m"),
        ("HP", "D"),
    ],
)
def test_key_event_names_the_signature(key, written, make_tune, read_file):
    ((_, event),) = read_file(to_midi(make_tune("C8|", key=key))).events("key_signature")
    assert event.key == written


def test_key_event_follows_a_transposition(make_tune, read_file):
    midi = to_midi(make_tune("D8|", key="D"), Arrangement(transpose=-2))
    ((_, event),) = read_file(midi).events("key_signature")
    assert event.key == "C"
    assert read_file(midi).notes[0].pitch == 60


@pytest.mark.parametrize("key", ["none", "D exp _b ^f"])
def test_signature_of_no_key_makes_no_key_event(key, make_tune, read_file):
    assert not read_file(to_midi(make_tune("C8|", key=key))).events("key_signature")


def test_meter_event_comes_after_the_pickup(make_tune, read_file):
    events = read_file(to_midi(make_tune("A|DEF GAB|DEF GA:|", meter="6/8"))).events(
        "time_signature"
    )
    assert [(onset, event.numerator, event.denominator) for onset, event in events] == [
        (0, 1, 8),
        (EIGHTH, 6, 8),
    ]


def test_meter_that_changes_in_the_tune_changes_in_the_file(make_tune, read_file):
    tune = make_tune("C8|[M:3/4]D6|[M:6/8]E6|[M:5/8]F5|")
    events = read_file(to_midi(tune)).events("time_signature")
    assert [(onset, event.numerator, event.denominator) for onset, event in events] == [
        (0, 4, 4),
        (4, 3, 4),
        (10, 5, 8),
    ]


def test_free_meter_is_played(make_tune, read_file):
    assert len(read_file(to_midi(make_tune("CDE F2|G", meter="none"))).notes) == 5


def test_title_and_provenance_are_in_the_file(make_tune, read_file):
    tune = make_tune("C8|", T="Café 月亮")
    reader = read_file(to_midi(tune, comment="seed=7 checkpoint=house 乐"))
    assert [event.name for _, event in reader.events("track_name")] == ["Café 月亮"]
    assert [event.text for _, event in reader.events("text")] == ["seed=7 checkpoint=house 乐"]


def test_title_without_letters_still_names_the_track(make_tune, read_file):
    reader = read_file(to_midi(make_tune("C8|", T="\x00\x07")))
    assert [event.name for _, event in reader.events("track_name")] == ["Tune"]


def test_without_a_comment_there_is_no_text(make_tune, read_file):
    assert not read_file(to_midi(make_tune("C8|"))).events("text")


def test_instrument_is_the_program_of_the_arrangement(make_tune, read_file):
    reader = read_file(to_midi(make_tune("C8|"), Arrangement(instrument="harp")))
    assert [event.program for _, event in reader.events("program_change")] == [46]


def test_pitches_out_of_range_are_moved_by_octaves(make_tune, read_file):
    high = read_file(to_midi(make_tune("b'''8|"), Arrangement(transpose=36))).notes
    low = read_file(to_midi(make_tune("C,,,8|"), Arrangement(transpose=-36))).notes
    assert 116 <= high[0].pitch <= 127
    assert high[0].pitch % 12 == 11
    assert low[0].pitch == 0


@pytest.mark.parametrize("body", ["", "z8|z8|"])
def test_tune_without_notes_says_that_there_is_nothing_to_play(body, make_tune):
    for play in (to_midi, timeline):
        with pytest.raises(AudioError, match="no notes"):
            play(make_tune(body))


def test_tune_of_hours_is_refused(make_tune):
    tune = make_tune("C64|" * 40, Q="1/4=10")
    with pytest.raises(AudioError, match="minutes"):
        to_midi(tune)


def test_same_tune_makes_the_same_bytes(make_tune):
    tune = make_tune("|:CDEF [CEG]4:|")
    assert midi_bytes(to_midi(tune)) == midi_bytes(to_midi(tune))


def test_timeline_meets_the_seconds_of_the_file(make_tune, read_file):
    tune = make_tune("|:CD z2 [EG]4|[Q:1/4=60]A8:|", Q="1/4=90")
    now, struck = 0.0, []
    for message in read_file(to_midi(tune)).file:
        now += message.time
        if message.type == "note_on" and message.velocity:
            struck.append((now, message.note))
    sounding = [moment for moment in timeline(tune) if tune.text[moment[0]] != "z"]
    onsets = sorted({round(onset, 4) for onset, _ in struck})
    assert [round(onset, 4) for _, onset, _ in sounding] == pytest.approx(onsets, abs=1e-4)


def test_timeline_points_at_every_note_each_time_it_is_played(make_tune):
    tune = make_tune("|:CD2-D [EG]4:|", Q="1/4=60")
    moments = timeline(tune)
    pointed = [tune.text[start] for start, _, _ in moments]
    assert pointed == ["C", "D", "D", "[", "C", "D", "D", "["]
    assert [duration for _, _, duration in moments[:4]] == pytest.approx([0.5, 1.0, 0.5, 2.0])
    ends = [onset + duration for _, onset, duration in moments]
    assert ends[:-1] == pytest.approx([onset for _, onset, _ in moments[1:]])
