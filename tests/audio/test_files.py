import io
import wave

import mido
import numpy as np
import pytest
import soundfile

from musicgen.audio.files import AUDIO_FORMATS, MIME_TYPES, audio_bytes, midi_bytes, wav_bytes
from musicgen.audio.midi import to_midi
from musicgen.audio.synthesis import synthesize
from musicgen.errors import AudioError

PROVENANCE = "checkpoint=house seed=7 temperature=0.8 调=D"


@pytest.fixture
def sine():
    time_s = np.arange(44_100) / 44_100
    left = 0.5 * np.sin(2 * np.pi * 440 * time_s)
    return np.stack([left, 0.25 * left]).astype(np.float32)


def test_rendered_tune_is_a_cd_quality_file(make_tune):
    midi = to_midi(make_tune("CDEF GABc|"))
    rendering = synthesize(midi)
    data = wav_bytes(rendering.waveform, rendering.sample_rate, PROVENANCE)
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 44_100, 2)
        assert file.getnframes() == round((midi.get_end_time() + 2) * 44_100)
    samples, rate = soundfile.read(io.BytesIO(data))
    assert rate == 44_100
    assert 0.5 < np.abs(samples).max() <= 10 ** (-1 / 20) + 1e-3


def test_samples_survive_a_wav_to_half_a_step_of_16_bits(sine):
    samples, _ = soundfile.read(io.BytesIO(wav_bytes(sine, 44_100)), dtype="float32")
    assert np.abs(samples.T - sine).max() <= 1 / 32_768


def test_comment_of_a_wav_stands_in_its_info_chunk(sine):
    data = wav_bytes(sine, 44_100, PROVENANCE)
    chunk = data.index(b"ICMT")
    size = int.from_bytes(data[chunk + 4 : chunk + 8], "little")
    assert data[chunk + 8 : chunk + 8 + size].rstrip(b"\0").decode() == PROVENANCE
    assert b"LIST" in data[:chunk]


@pytest.mark.parametrize("suffix", AUDIO_FORMATS)
def test_every_format_holds_sound_and_comment(suffix, sine):
    with soundfile.SoundFile(io.BytesIO(audio_bytes(sine, 44_100, suffix, PROVENANCE))) as file:
        assert file.comment == (
            PROVENANCE if suffix != "mp3" else PROVENANCE.replace("调", r"\u8c03")
        )
        assert (file.format, file.channels, file.samplerate) == (
            AUDIO_FORMATS[suffix][0],
            2,
            44_100,
        )
        samples = file.read()
    assert len(samples) == pytest.approx(44_100, abs=3_000)
    assert np.abs(samples[:, 0]).max() == pytest.approx(0.5, abs=0.05)


def test_without_a_comment_there_is_none(sine):
    assert b"ICMT" not in wav_bytes(sine, 44_100)


@pytest.mark.parametrize("suffix", AUDIO_FORMATS)
def test_endless_comment_is_cut_to_what_readers_take(suffix, sine):
    data = audio_bytes(sine, 44_100, suffix, "x" + "é" * 100_000)
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        assert file.comment.startswith("xé" if suffix != "mp3" else r"x\xe9")
        assert 1_990 <= len(file.comment.encode()) <= 2_000


def test_too_loud_samples_are_clipped_and_do_not_wrap_round():
    loud = np.array([[0.0, 1.5, -1.5]], dtype=np.float32)
    samples, _ = soundfile.read(io.BytesIO(wav_bytes(loud, 44_100)), dtype="int16")
    assert samples.tolist() == [0, 32_767, -32_768]


def test_long_sound_can_be_compressed():
    """A minute written at once makes libsndfile's Vorbis encoder crash the process."""
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 60 * 44_100)).astype(np.float32)
    with soundfile.SoundFile(io.BytesIO(audio_bytes(noise, 44_100, "ogg"))) as file:
        assert file.frames == noise.shape[1]


@pytest.mark.parametrize(
    "waveform",
    [np.zeros(10), np.zeros((3, 10)), np.array([[0.0, np.nan]]), np.array([[np.inf, 0.0]])],
)
def test_what_is_no_waveform_is_refused(waveform):
    with pytest.raises(AudioError, match="cannot be saved"):
        wav_bytes(waveform.astype(np.float32), 44_100)


def test_unknown_format_lists_those_there_are(sine):
    with pytest.raises(AudioError, match="wav, flac, ogg, mp3"):
        audio_bytes(sine, 44_100, "aiff")


def test_rate_that_a_format_does_not_know_is_refused(sine):
    with pytest.raises(AudioError, match="mp3"):
        audio_bytes(sine, 96_000, "mp3")


def test_every_format_has_a_media_type():
    assert set(MIME_TYPES) == {*AUDIO_FORMATS, "mid"}


def test_midi_is_a_standard_file_of_format_1(make_tune):
    data = midi_bytes(to_midi(make_tune("C4|"), comment=PROVENANCE))
    assert data[:4] == b"MThd"
    file = mido.MidiFile(file=io.BytesIO(data), charset="utf8")
    assert file.type == 1
    assert [message.text for message in file.tracks[0] if message.type == "text"] == [PROVENANCE]
