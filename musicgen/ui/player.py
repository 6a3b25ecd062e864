"""From a request to something one can hear and see: composing, sound, and what is shown of it."""

import contextlib
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from musicgen.audio.files import midi_bytes, wav_bytes
from musicgen.audio.midi import timeline, to_midi
from musicgen.audio.synthesis import available_synthesizers, synthesize
from musicgen.errors import AudioError, CheckpointError
from musicgen.models.checkpoint import CheckpointRef
from musicgen.notation.layout import break_lines
from musicgen.notation.tune import Tune
from musicgen.sampling.composer import Composition, compose
from musicgen.sampling.records import Values, from_values
from musicgen.ui import resources
from musicgen.ui.address import Request
from musicgen.ui.language import _
from musicgen.ui.score import ScoreLayout

_WIDTHS = ((4, 640, 900), (2, 0, 440))
_NOWHERE = (-1, -1)

MAX_RENDERED = 12
"""Rendered tunes kept for all sessions, some 7 MB each."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A tune as files, and the moments at which its notes sound (as `audio.midi.timeline`).

    `is_fallback` says that this machine could sound better, with a synthesiser it does not have.
    """

    wav: bytes
    midi: bytes
    moments: tuple[tuple[int, float, float], ...]
    is_fallback: bool


@dataclass(frozen=True, slots=True)
class Performance:
    """A composed tune with its sound; `silence` is why there is none."""

    request: Request
    composition: Composition
    sound: Sound | None
    silence: AudioError | None = None


def find_model(name: str) -> CheckpointRef:
    """The model of that name among those that the picker shows.

    Raises:
        CheckpointError: there is none. A path is not a name: links must not open files.
    """
    known = resources.checkpoints()
    for ref in known:
        if ref.name == name:
            return ref
    names = ", ".join(ref.name for ref in known)
    raise CheckpointError(
        "There is no model named {name!r}. Choose from: {known}.", name=name, known=names
    )


def compose_tune(request: Request, slot: DeltaGenerator) -> Composition:
    """Composes the first take; see `compose_takes`."""
    return compose_takes(request, slot)[0]


def compose_takes(request: Request, slot: DeltaGenerator | None) -> list[Composition]:
    """Composes all takes at once, and writes the text of the first into a slot as it grows.

    Raises:
        CheckpointError: the model is gone or damaged.
        CompositionError: the beginning has characters the network does not know.
    """
    checkpoint = resources.checkpoint(find_model(request.model))

    def show(texts: list[str]) -> None:
        if slot:
            slot.code(texts[0], language=None, wrap_lines=True)

    return compose(checkpoint, request.config, show if slot else None)


def render(composition: Composition) -> Sound:
    """The sound of a tune, rendered once for all sessions.

    Raises:
        AudioError: the tune has no notes, or nothing can play it.
    """
    return render_text(composition.to_abc(), composition.tune, composition.provenance())


def try_render(values: Values) -> None:
    """Renders a tune that is kept, so that it is there when it is wanted; silent if it cannot."""
    with contextlib.suppress(AudioError):
        render(from_values(values))


def render_text(text: str, tune: Tune, comment: str) -> Sound:
    """The sound of a tune that has been read from a text, rendered once for all sessions.

    Args:
        text: What the tune was read from.
        tune: What to play.
        comment: Where it comes from, written into the files.

    Raises:
        AudioError: the tune has no notes, or nothing can play it.
    """
    return _rendered(text, comment, tune)


@st.cache_resource(max_entries=MAX_RENDERED, show_spinner=False)
def _rendered(text: str, comment: str, _tune: Tune) -> Sound:  # noqa: ARG001 - the cache's key
    midi = to_midi(_tune, comment=comment)
    rendering = synthesize(midi)
    return Sound(
        wav_bytes(rendering.waveform, rendering.sample_rate, comment),
        midi_bytes(midi),
        tuple(timeline(_tune)),
        rendering.is_fallback,
    )


def layouts(tune: Tune, sound: Sound) -> list[ScoreLayout]:
    """The tune with four bars a line for wide places, and two for narrow ones."""
    found = []
    for bars_per_line, min_width, staff_width in _WIDTHS:
        laid_out = break_lines(tune, bars_per_line)
        starts = [
            laid_out.spans.get(start, _NOWHERE)[0] for start, _onset, _length in sound.moments
        ]
        found.append(ScoreLayout(laid_out.text, tuple(starts), min_width, staff_width))
    return found


def better_sound() -> str:
    """What plays for want of a better synthesiser, and how to get that, in the reader's words."""
    rungs = available_synthesizers()
    playing = next(rung.summary for rung in rungs if rung.is_playing)
    advice = next((rung.advice for rung in rungs if rung.advice), "")
    return f"{_(playing)}. {_(advice)}" if advice else _(playing)
