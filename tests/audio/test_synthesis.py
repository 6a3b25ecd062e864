import importlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pretty_midi
import pytest

from musicgen.audio import fluidsynth_renderer, soundfonts
from musicgen.audio.arrangement import INSTRUMENTS, Arrangement
from musicgen.audio.midi import to_midi
from musicgen.audio.synthesis import TAIL_S, available_synthesizers, synthesize
from musicgen.errors import AudioError

BROKEN = b"RIFF\x08\0\0\0sfbkLIST"
"""Begins as a soundfont does, and holds nothing."""

PEAK = 10 ** (-1 / 20)


@pytest.fixture(params=["fluidsynth", "plucked"])
def synthesizer(request) -> str:
    """Each synthesizer that this machine has."""
    if request.param == "fluidsynth":
        request.getfixturevalue("fluidsynth")
    return request.param


def one_note(pitch: int, program: int = 73, duration_s: float = 1.0) -> pretty_midi.PrettyMIDI:
    midi = pretty_midi.PrettyMIDI()
    instrument = pretty_midi.Instrument(program)
    instrument.notes.append(pretty_midi.Note(90, pitch, 0.0, duration_s))
    midi.instruments.append(instrument)
    return midi


def frequency(waveform: np.ndarray, sample_rate: int) -> float:
    """Frequency of the lowest strong partial, by a parabola through the top of the spectrum."""
    mono = waveform.sum(axis=0) * np.hanning(waveform.shape[1])
    spectrum = np.log(np.abs(np.fft.rfft(mono, 1 << 18)) + 1e-9)
    strong = np.flatnonzero(spectrum > spectrum.max() - np.log(4))
    first = strong[0]
    top = first + int(np.argmax(spectrum[first : first + 60]))
    left, middle, right = spectrum[top - 1 : top + 2]
    shift = 0.5 * (left - right) / (left - 2 * middle + right)
    return float((top + shift) * sample_rate / (1 << 18))


@pytest.fixture
def no_library(monkeypatch):
    """A machine without FluidSynth: importing its binding raises, as it does there."""
    monkeypatch.setitem(sys.modules, "fluidsynth", None)
    fluidsynth_renderer._load_once.cache_clear()
    yield
    monkeypatch.undo()
    fluidsynth_renderer._load_once.cache_clear()


def test_tune_becomes_loud_stereo_with_a_tail(synthesizer, make_tune):
    midi = to_midi(make_tune("CDEF GABc|"))
    rendering = synthesize(midi, synthesizer=synthesizer)
    assert rendering.synthesizer == synthesizer
    assert rendering.sample_rate == 44_100
    assert rendering.waveform.dtype == np.float32
    assert rendering.waveform.shape == (2, round((midi.get_end_time() + TAIL_S) * 44_100))
    assert np.abs(rendering.waveform).max() == pytest.approx(PEAK, abs=1e-4)
    assert not np.array_equal(*rendering.waveform)


def test_sound_dies_away_before_it_ends(synthesizer):
    waveform = synthesize(one_note(69), synthesizer=synthesizer).waveform
    assert np.abs(waveform[:, -10:]).max() < 0.001
    assert np.abs(waveform[:, : len(waveform[0]) // 3]).max() > 0.5


@pytest.mark.parametrize("pitch", [55, 69, 88])
def test_notes_have_their_pitch(synthesizer, pitch):
    rendering = synthesize(one_note(pitch), synthesizer=synthesizer)
    expected = 440 * 2 ** ((pitch - 69) / 12)
    heard = frequency(rendering.waveform[:, 4_000:44_100], 44_100)
    assert 1200 * abs(np.log2(heard / expected)) < 20


@pytest.mark.parametrize("pitch", range(43, 103, 4))
def test_plucked_strings_are_in_tune_everywhere(pitch):
    rendering = synthesize(one_note(pitch), synthesizer="plucked")
    heard = frequency(rendering.waveform[:, :44_100], 44_100)
    assert 1200 * abs(np.log2(heard * 2 ** ((69 - pitch) / 12) / 440)) < 3


def test_notes_sound_when_the_file_says(synthesizer):
    midi = one_note(72, program=0, duration_s=0.2)
    midi.instruments[0].notes.append(pretty_midi.Note(90, 76, 3.0, 3.2))
    rendering = synthesize(midi, synthesizer=synthesizer)
    level = np.abs(rendering.waveform).max(axis=0)
    onset = round(3.0 * 44_100)
    assert level[onset - 2_000 : onset - 100].max() < 0.05
    assert level[onset : onset + 2_000].max() > 0.3


def test_other_sample_rates_change_the_samples_not_the_pitch(synthesizer):
    rendering = synthesize(one_note(69), synthesizer=synthesizer, sample_rate=22_050)
    assert rendering.duration_s == pytest.approx(3.0)
    assert frequency(rendering.waveform[:, 2_000:22_050], 22_050) == pytest.approx(440, rel=0.01)


def test_every_program_sounds(synthesizer):
    """All 128 at once in one file, a second apart: also more instruments than MIDI has channels."""
    midi = pretty_midi.PrettyMIDI()
    for program in range(128):
        instrument = pretty_midi.Instrument(program)
        instrument.notes.append(pretty_midi.Note(100, 64, program * 1.0, program + 0.7))
        midi.instruments.append(instrument)
    waveform = synthesize(midi, synthesizer=synthesizer, sample_rate=8_000).waveform
    seconds = waveform[:, : 128 * 8_000].reshape(2, 128, 8_000)
    silent = np.flatnonzero(np.abs(seconds).max(axis=(0, 2)) < 0.005)
    assert silent.tolist() == []


@pytest.mark.usefixtures("fluidsynth")
def test_named_instruments_sound_different(make_tune):
    tune = make_tune("C4|", Q="1/4=240")
    names = [name for name in INSTRUMENTS if name not in ("concertina", "pipes")]
    sounds = {
        synthesize(to_midi(tune, Arrangement(instrument=name))).waveform.tobytes() for name in names
    }
    assert len(sounds) == len(names)


def test_drums_are_not_played_as_melody(synthesizer):
    midi = one_note(38)
    midi.instruments[0].is_drum = True
    drum = synthesize(midi, synthesizer=synthesizer).waveform
    melody = synthesize(one_note(38), synthesizer=synthesizer).waveform
    assert np.abs(drum).max() > 0.5
    assert not np.allclose(drum, melody, atol=0.05)


def test_harder_notes_are_louder(synthesizer):
    midi = one_note(72, program=0)
    midi.instruments[0].notes.append(pretty_midi.Note(30, 72, 2.0, 3.0))
    waveform = np.abs(synthesize(midi, synthesizer=synthesizer).waveform)
    assert waveform[:, :44_100].max() > 2 * waveform[:, 88_200:].max()


@pytest.mark.usefixtures("fluidsynth")
def test_threads_do_not_disturb_one_another(make_tune):
    midis = [to_midi(make_tune(body)) for body in ("CDEF|", "gfed|", "[CEG]4|", "B,4|")]
    alone = [synthesize(midi).waveform for midi in midis]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda midi: synthesize(midi).waveform, midis))
    for first, second in zip(alone, together, strict=True):
        assert np.array_equal(first, second)


@pytest.mark.usefixtures("fluidsynth")
def test_best_synthesizer_plays_where_it_is_installed(make_tune):
    rendering = synthesize(to_midi(make_tune("C4|")))
    assert (rendering.synthesizer, rendering.is_fallback) == ("fluidsynth", False)
    best, other = available_synthesizers()
    assert (best.name, best.is_available, best.is_playing) == ("fluidsynth", True, True)
    assert best.soundfont.endswith((".sf2", ".sf3"))
    assert not other.is_playing


@pytest.mark.usefixtures("no_library")
def test_string_plays_where_fluidsynth_is_missing(make_tune):
    rendering = synthesize(to_midi(make_tune("C4|")))
    assert (rendering.synthesizer, rendering.is_fallback) == ("plucked", True)
    best, other = available_synthesizers()
    assert (best.is_available, best.is_playing, other.is_playing) == (False, False, True)
    assert "nstall FluidSynth" in best.advice


@pytest.mark.usefixtures("no_library")
@pytest.mark.parametrize(
    ("platform", "words"), [("linux", "apt"), ("darwin", "brew"), ("win32", "choco")]
)
def test_advice_fits_the_system(platform, words, monkeypatch):
    monkeypatch.setattr(sys, "platform", platform)
    assert words in available_synthesizers()[0].advice


@pytest.mark.usefixtures("no_library")
def test_asking_for_fluidsynth_where_it_is_missing_is_answered(make_tune):
    with pytest.raises(AudioError, match="not installed"):
        synthesize(to_midi(make_tune("C4|")), synthesizer="fluidsynth")


@pytest.mark.usefixtures("fluidsynth")
@pytest.mark.parametrize("content", [BROKEN, b"no soundfont at all", b""])
def test_broken_soundfont_is_passed_over(content, make_tune, monkeypatch, tmp_path):
    broken = tmp_path / "broken.sf2"
    broken.write_bytes(content)
    monkeypatch.setenv("SOUNDFONT", str(broken))
    rendering = synthesize(to_midi(make_tune("C4|")))
    assert rendering.synthesizer == "fluidsynth"
    assert np.abs(rendering.waveform).max() > 0.5


@pytest.mark.usefixtures("fluidsynth")
def test_library_says_nothing_on_the_terminal(make_tune, capfd):
    midi = to_midi(make_tune("C4|"))
    midi.instruments[0].program = 127
    midi.instruments[0].is_drum = True  # a soundfont has no such drum kit
    synthesize(midi)
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("fluidsynth")
def test_without_any_readable_soundfont_the_string_plays(make_tune, monkeypatch, tmp_path):
    broken = tmp_path / "broken.sf2"
    broken.write_bytes(BROKEN)
    monkeypatch.setattr(fluidsynth_renderer, "find_soundfonts", lambda: [broken])
    midi = to_midi(make_tune("C4|"))
    assert synthesize(midi).is_fallback
    with pytest.raises(AudioError, match="SOUNDFONT"):
        synthesize(midi, synthesizer="fluidsynth")


def test_small_soundfont_comes_with_advice(monkeypatch, tmp_path):
    small = tmp_path / "TimGM6mb.sf2"
    monkeypatch.setattr(soundfonts, "system_folders", list)
    monkeypatch.setenv("SOUNDFONT", str(small))
    small.write_bytes(BROKEN)
    if fluidsynth_renderer.is_available():
        assert "larger soundfont" in available_synthesizers()[0].advice


def test_unknown_synthesizer_lists_those_there_are(make_tune):
    with pytest.raises(AudioError, match="fluidsynth, plucked"):
        synthesize(to_midi(make_tune("C4|")), synthesizer="moog")


@pytest.mark.parametrize("sample_rate", [0, -1, 7_999, 10**9])
def test_impossible_sample_rate_is_refused(sample_rate):
    with pytest.raises(AudioError, match="sample rate"):
        synthesize(one_note(60), sample_rate=sample_rate)


def test_file_without_notes_is_refused():
    with pytest.raises(AudioError, match="no notes"):
        synthesize(pretty_midi.PrettyMIDI())


def test_file_of_hours_is_refused():
    with pytest.raises(AudioError, match="minutes"):
        synthesize(one_note(60, duration_s=5_000.0))


def test_importing_the_room_loads_nothing_heavy():
    rooms = ["midi", "synthesis", "files", "arrangement", "tempo"]
    imports = ";".join(f"import musicgen.audio.{room}" for room in rooms)
    heavy = "{'pretty_midi', 'mido', 'soundfile', 'fluidsynth', 'torch', 'scipy'}"
    root = importlib.import_module("musicgen").__path__[0]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys;{imports};print({heavy} & set(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
        cwd=f"{root}/..",
    )
    assert done.stdout.strip() == "set()"
