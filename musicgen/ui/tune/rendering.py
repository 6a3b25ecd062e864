"""From a request to sound and score: composing, rendering, and what is shown."""

import time
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from musicgen.audio.arrangement import Arrangement
from musicgen.audio.midi import timeline
from musicgen.audio.synthesis import available_synthesizers
from musicgen.errors import AudioError
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.display.layout import break_lines, lay_out_spans
from musicgen.notation.display.note_names import with_fingering, with_note_names
from musicgen.notation.model import Tune
from musicgen.notation.writing.attribution import without_attribution
from musicgen.rendering.files.formats import ExportTune
from musicgen.rendering.playback_settings import PlaybackSettings
from musicgen.sampling.composer import Composition, compose, read_prompt
from musicgen.sampling.edits import apply_edits
from musicgen.ui.base.bounded_cache import BoundedCache
from musicgen.ui.base.language import _
from musicgen.ui.components.score import ScoreLayout
from musicgen.ui.components.text_block import text_block
from musicgen.ui.tune.performance import Moment, Performance, Sound
from musicgen.ui.tune.request import Request

_WIDTHS = ((4, 640, 900), (2, 0, 440))
_BIG_WIDTHS = ((2, 640, 440), (1, 0, 220))
_DENSE = 10
"""Notes in a bar from which only half as many bars stand on a line."""
_NOWHERE = (-1, -1)

TEXT_INTERVAL_S = 0.1
"""Between two looks at the text that is being written: the browser draws all of it each time."""

MAX_SOUND_BYTES = 40_000_000
"""Of the rendered tunes kept for all sessions; one has some 7 MB."""


def compose_takes(
    checkpoint: Checkpoint,
    request: Request,
    slot: DeltaGenerator | None,
    before: Performance | None = None,
) -> list[Composition]:
    """Composes all takes at once, and writes the text of the first into a slot as it grows.

    Args:
        checkpoint: The network of the model that is wanted.
        request: What is wanted.
        slot: Where the text grows.
        before: What is on the screen; where only a change is wanted to it, it is gone on from.

    Raises:
        CompositionError: the beginning has characters the network does not know, or a change does
            not fit the tune.
    """
    base = before.composition if before and _is_base(before, request, checkpoint) else None
    prompt = read_prompt(checkpoint, request.config)
    given = 0 if prompt.header_length else len(prompt.text)
    shown_at = 0.0

    def show(texts: list[str]) -> None:
        nonlocal shown_at
        if slot and time.monotonic() - shown_at >= TEXT_INTERVAL_S:
            text_block(without_attribution(texts[0], given), slot, has_copy=False)
            shown_at = time.monotonic()

    takes = [base] if base else compose(checkpoint, request.config, show if slot else None)
    chosen = takes[request.take]
    missing = request.edits[len(chosen.edits) :]
    takes[request.take] = apply_edits(checkpoint, chosen, missing, show)
    return takes


def _is_base(before: Performance, request: Request, checkpoint: Checkpoint) -> bool:
    """Whether what is wanted is the tune before with further changes."""
    edits = before.composition.edits
    return (
        (before.request.model, before.composition.config) == (request.model, request.config)
        and before.composition.fingerprint == checkpoint.fingerprint
        and request.edits[: len(edits)] == edits
    )


def prepare(request: Request, composition: Composition, listening: PlaybackSettings) -> Performance:
    """A tune as somebody wants to read it, not rendered yet.

    Raises:
        NotationError: it cannot be moved to that key.
    """
    sheet = listening.make_sheet(composition.public_tune, composition.tune)
    return Performance(request, composition, None, None, listening, sheet)


def perform(
    request: Request,
    composition: Composition,
    listening: PlaybackSettings,
    kept: BoundedCache[Sound] | None = None,
) -> Performance:
    """A tune with the chosen sound and score; one that has no sound still has its score.

    Args:
        request: What was asked for.
        composition: The tune.
        listening: How it is to sound and to be written.
        kept: The `sounds` of the server; a thread that Streamlit does not know must be handed them.

    Raises:
        NotationError: it cannot be moved to that key.
    """
    quiet = prepare(request, composition, listening)
    written = replace(quiet, text=quiet.abc)
    try:
        comment = composition.provenance(listening.to_values())
        sound = render_text(written.abc, written.tune, comment, listening.arrangement, kept)
    except AudioError as error:
        return replace(written, silence=error)
    return replace(written, sound=sound)


def render_sound(composition: Composition) -> Sound:
    """The sound of a tune, rendered once for all sessions.

    Raises:
        AudioError: the tune has no notes, or nothing can play it.
    """
    return render_text(composition.to_abc(), composition.public_tune, composition.provenance())


def render_text(
    text: str,
    tune: Tune,
    comment: str,
    arrangement: Arrangement | None = None,
    kept: BoundedCache[Sound] | None = None,
) -> Sound:
    """The sound of a tune that has been read from a text, rendered once for all sessions.

    Args:
        text: What the tune was read from.
        tune: What to play.
        comment: Where it comes from, written into the files.
        arrangement: How to play it; exactly as written if None.
        kept: As of `perform`.

    Raises:
        AudioError: the tune has no notes, or nothing can play it.
    """
    asked = arrangement or Arrangement()
    return (kept or sounds()).get(
        (text, comment, asked), lambda: _render(tune, text, comment, asked)
    )


@st.cache_resource(show_spinner=False)
def sounds() -> BoundedCache[Sound]:
    """The rendered tunes that are kept for all sessions; safe to use from several threads."""
    return BoundedCache(MAX_SOUND_BYTES, lambda sound: len(sound.wav) + len(sound.midi))


def _render(tune: Tune, text: str, comment: str, arrangement: Arrangement) -> Sound:
    piece = ExportTune("", text, tune, comment, arrangement=arrangement)
    wav, midi = piece.make("wav"), piece.make("midi")
    return Sound(wav, midi, tuple(timeline(tune, arrangement)), piece.rendering.is_fallback)


def layouts(
    tune: Tune,
    sound: Sound,
    *,
    has_names: bool = False,
    fingering: str = "",
    marks: Sequence[tuple[int, int]] = (),
) -> list[ScoreLayout]:
    """The tune with four bars a line for wide places, and two for narrow ones; fewer if dense.

    Args:
        tune: What to draw.
        sound: When its notes sound.
        has_names: Writes the name of each note below it.
        fingering: One of `notation.analysis.fingering.FINGERINGS`, written below the notes.
        marks: Stretches of the tune's text to be underlined.
    """
    return lay_out(tune, sound.moments, has_names=has_names, fingering=fingering, marks=marks)


def lay_out(
    tune: Tune,
    moments: Sequence[Moment],
    *,
    has_names: bool = False,
    fingering: str = "",
    marks: Sequence[tuple[int, int]] = (),
    is_big: bool = False,
) -> list[ScoreLayout]:
    """As `layouts`, for moments of `audio.midi.timeline` that no sound has been made of yet.

    `fingering` is one of `notation.analysis.fingering.FINGERINGS`, written below the notes.
    `is_big` draws half as many bars a line, to be read from afar.
    """
    found = []
    is_dense = len(tune.notes) > _DENSE * max(1, len(tune.bars))
    for bars_per_line, min_width, staff_width in _BIG_WIDTHS if is_big else _WIDTHS:
        laid_out = break_lines(tune, bars_per_line // 2 if is_dense else bars_per_line)
        laid_out = with_note_names(laid_out, tune) if has_names else laid_out
        laid_out = with_fingering(laid_out, tune, fingering) if fingering else laid_out
        spans = laid_out.spans
        found.append(
            ScoreLayout(
                laid_out.text,
                tuple(spans.get(start, _NOWHERE)[0] for start, _onset, _length in moments),
                min_width,
                staff_width,
                tuple(spans.get(note.start, _NOWHERE)[0] for note in tune.notes),
                lay_out_spans(laid_out, marks),
            )
        )
    return found


def better_sound() -> str:
    """What plays for want of a better synthesiser, and how to get that, in the reader's words."""
    synthesizers = available_synthesizers()
    playing = next(synthesizer.summary for synthesizer in synthesizers if synthesizer.is_playing)
    advice = next((synthesizer.advice for synthesizer in synthesizers if synthesizer.advice), "")
    return f"{_(playing)}. {_(advice)}" if advice else _(playing)


PLAYER = ".st-key-sound audio"
