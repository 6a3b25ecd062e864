import copy
import io
from fractions import Fraction

import mido
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.audio import fluidsynth_renderer, string_synth
from musicgen.audio.accompaniment import PLAYERS, voice
from musicgen.audio.arrangement import ACCOMPANIMENTS, Arrangement
from musicgen.audio.files import midi_bytes
from musicgen.audio.midi import timeline, to_midi
from musicgen.audio.synthesis import PEAK_DB, TAIL_S, synthesize
from musicgen.notation.analysis.chords import Chord, parse_chord
from musicgen.notation.analysis.harmony import harmonise
from musicgen.notation.parsing.reader import read_tune

BAND = ("guitar", "piano", "harp")
JIG = """X:1
R:jig
M:6/8
L:1/8
K:D
A|DFA dAF|GBd gdB|Ace ecA|d3 d2A|DFA dAF|GBd gdB|Ace ecA|d3 d2:|
"""
REEL = """X:1
R:reel
M:C|
L:1/8
K:Ador
eAAB cBcd|eAAB c2Bc|dGBG dGBG|BAGE DEGA|eAAB cBcd|eAAB c2Bc|dGBG DEGA|BAGB A4:|
"""


def play(abc, **settings):
    return to_midi(read_tune(abc)[0], Arrangement(**settings))


def tracks(midi):
    """Notes by the name of their track, as mido reads them: onset and pitch, in quarters."""
    file = mido.MidiFile(file=io.BytesIO(midi_bytes(midi)))
    found = {}
    for track in file.tracks:
        now, notes = Fraction(0), []
        for message in track:
            now += Fraction(message.time, file.ticks_per_beat)
            if message.type == "note_on" and message.velocity:
                notes.append((now, message.note, message.channel))
        found[track.name] = notes
    return found


@pytest.mark.parametrize("name", BAND)
@pytest.mark.parametrize("abc", [JIG, REEL])
def test_what_sounds_at_any_time_belongs_to_the_chord_of_that_time(name, abc):
    tune, _problems = read_tune(abc)
    changes = harmonise(tune)
    starts, onset = [], Fraction(0)  # bar by bar as played
    for index in tune.play_order:
        starts.append((onset, index))
        onset += tune.bars[index].actual
    band = tracks(play(abc, accompaniment=name))
    for track in (name.title(), "Bass"):
        assert len(band[track]) > len(starts)
        for when, pitch, _channel in band[track]:
            began, index = max(place for place in starts if place[0] <= when)
            held = [c.chord for c in changes if (c.bar, c.position) <= (index, when - began)]
            assert pitch % 12 in held[-1].classes


def test_a_chord_symbol_of_the_tune_is_what_is_played():
    notes = tracks(play('X:1\nM:4/4\nL:1/4\nK:C\n"Fm"CDEF|\n', accompaniment="piano"))["Piano"]
    assert {pitch % 12 for _when, pitch, _channel in notes} == set(parse_chord("Fm").classes)


def test_a_jig_goes_boom_chick_and_a_waltz_has_one_bass():
    guitar = tracks(play(JIG, accompaniment="piano"))
    begins = sorted({when for when, _pitch, _channel in guitar["Piano"]})
    assert [when - Fraction(1, 2) for when in begins[:4]] == [0, 1, Fraction(3, 2), Fraction(5, 2)]
    waltz = tracks(play("X:1\nM:3/4\nL:1/4\nK:G\nGBd|cBA|G3|]\n", accompaniment="piano"))
    assert [when for when, _pitch, _channel in waltz["Bass"]] == [0, 3, 6]


def test_all_wait_in_the_pickup_and_none_plays_longer_than_the_tune():
    midi = play(JIG, accompaniment="guitar", drum=True)
    melody, *others = midi.instruments
    assert len(others) == 3
    bar = midi.tick_to_time(midi.resolution // 2)  # the pickup is a quaver
    for part in others:
        assert min(note.start for note in part.notes) == pytest.approx(bar, abs=0.002)
        assert max(note.end for note in part.notes) <= melody.notes[-1].end + 0.01 + bar


def test_drums_are_on_the_channel_of_drums():
    drum = tracks(play(REEL, drum=True))["Bodhrán".encode().decode("latin-1")]
    assert {channel for _when, _pitch, channel in drum} == {9}
    assert len(drum) == 16 * 8


def test_melody_stays_the_same_whoever_plays_along():
    alone, together = (
        play(REEL), play(REEL, accompaniment="harp", drum=True, bass_volume=50)
    )  # fmt: skip
    assert [str(note) for note in alone.instruments[0].notes] == [
        str(note) for note in together.instruments[0].notes
    ]
    assert timeline(read_tune(REEL)[0]) == timeline(
        read_tune(REEL)[0], Arrangement(accompaniment="harp")
    )


def test_who_has_no_volume_does_not_play():
    settings = {"chord_volume": 0, "bass_volume": 0, "drum_volume": 0}
    midi = play(REEL, accompaniment="guitar", drum=True, **settings)
    assert len(midi.instruments) == 1


def test_volume_is_told_by_the_channel():
    def volume(percent):
        guitar = play(REEL, accompaniment="guitar", chord_volume=percent).instruments[1]
        return next(event.value for event in guitar.control_changes if event.number == 7)

    assert volume(50) == pytest.approx(volume(100) / 2**0.5, abs=1)
    assert volume(100) < volume(150) <= 127


def test_transposing_moves_chords_as_well():
    plain = tracks(play(JIG, accompaniment="guitar"))["Bass"]
    moved = tracks(play(JIG, accompaniment="guitar", transpose=2))["Bass"]
    assert [pitch + 2 for _when, pitch, _channel in plain] == [pitch for _when, pitch, _c in moved]


@pytest.mark.parametrize("synthesizer", ["fluidsynth", "plucked"])
@pytest.mark.parametrize("instrument", ["flute", "fiddle", "piano"])
def test_melody_is_louder_than_each_who_plays_along(synthesizer, instrument):
    if synthesizer == "fluidsynth" and not fluidsynth_renderer.is_available():
        pytest.skip("FluidSynth's library is not on this machine")
    midi = play(JIG, instrument=instrument, accompaniment="guitar", drum=True)
    melody, *others = (loudness(midi, number, synthesizer) for number in range(4))
    assert all(0 < other < 0.8 * melody for other in others)


def loudness(midi, number, synthesizer) -> float:
    """Root mean square of one instrument while the others are silent."""
    alone = copy.deepcopy(midi)
    for place, instrument in enumerate(alone.instruments):
        if place != number:
            instrument.notes = []
    render = fluidsynth_renderer.render if synthesizer == "fluidsynth" else string_synth.render
    return float(np.sqrt((render(alone, 22_050, 22_050 * 15) ** 2).mean()))


@pytest.mark.parametrize("name", ACCOMPANIMENTS)
def test_the_whole_is_as_long_as_the_tune_and_does_not_clip(name):
    tune, _problems = read_tune(JIG)
    arrangement = Arrangement(accompaniment=name, drum=True)
    rendering = synthesize(to_midi(tune, arrangement), sample_rate=22_050)
    assert np.abs(rendering.waveform).max() == pytest.approx(10 ** (PEAK_DB / 20), abs=1e-3)
    _start, onset_s, duration_s = timeline(tune, arrangement)[-1]
    assert rendering.duration_s == pytest.approx(onset_s + duration_s + TAIL_S, abs=0.3)


@given(
    st.sampled_from(["C", "F#", "Bb", "Ab"]), st.sampled_from(["", "m", "7", "dim", "5"]),
    st.sampled_from(list(PLAYERS.values())),
)  # fmt: skip
def test_voicings_hold_every_tone_within_two_octaves(root, quality, player):
    chord = Chord(root, quality)
    pitches = voice(chord, player.low, player.has_many_strings)
    assert {pitch % 12 for pitch in pitches} == set(chord.classes)
    assert player.low <= min(pitches) and max(pitches) < player.low + 24


@pytest.mark.parametrize("meter", ["none", "5/4", "7/8", "9/8", "12/8", "3/2", "2/4", "3/8", "1/4"])
@pytest.mark.parametrize("name", BAND)
def test_every_meter_is_accompanied(meter, name):
    abc = f"X:1\nM:{meter}\nL:1/8\nK:G\nGABc dedB|G8|c|]\n"
    assert len(play(abc, accompaniment=name).instruments) == 3
