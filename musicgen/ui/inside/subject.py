"""The tune that is looked at: composed here, held out of the corpus, or typed in."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from musicgen.config import SampleConfig
from musicgen.errors import AudioError, ConfigError
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.rendering.playback_settings import DANCED
from musicgen.sampling.composer import Composition
from musicgen.ui.base.language import _
from musicgen.ui.components.coloured_text import Following
from musicgen.ui.inside import choices, measured
from musicgen.ui.tune import rendering
from musicgen.ui.tune.performance import Sound
from musicgen.ui.tune.permalink import DRAWN_SEEDS, SLIDERS


@dataclass(frozen=True, eq=False)
class Subject:
    """A tune: what the network reads of it, and the same notes as they are drawn and played.

    `tune` was read from `text`; offsets of its notes are into that.
    """

    text: str
    tune: Tune
    shown: Tune
    comment: str

    def sound(self) -> Sound:
        """How it sounds, rendered once for all sessions.

        Raises:
            AudioError: nothing sounds.
        """
        return rendering.render_text(self.shown.text, self.shown, self.comment, DANCED.arrangement)

    def following(self, sound: Sound, audio: str) -> Following:
        """The same moments by the characters of `text`."""
        pairs = zip(self.shown.notes, self.tune.notes, strict=False)
        places = {drawn.start: note.start for drawn, note in pairs}
        moments = ((places.get(start, -1), round(at, 4), round(length, 4))
                   for start, at, length in sound.moments)  # fmt: skip
        return Following(audio, tuple(moments))

    def note_values(self, values: Sequence[float]) -> tuple[float, ...]:
        """The mean of values of characters over those of each note, in written order."""
        found = []
        for note in self.tune.notes:
            part = values[note.start : note.end]
            found.append(round(float(sum(part)) / len(part), 3) if len(part) else 0.0)
        return tuple(found)

    def spans_of(self, places: Sequence[int]) -> list[tuple[int, int]]:
        """Where the notes at places of `text` stand in the text that is drawn."""
        pairs = zip(self.tune.notes, self.shown.notes, strict=False)
        return [
            (drawn.start, drawn.end)
            for note, drawn in pairs
            if any(note.start <= place < note.end for place in places)
        ]


def of_composition(composition: Composition) -> Subject:
    """A composed tune: the network reads it as it wrote it."""
    text = composition.abc.rstrip("\n") + "\n"
    tune = read_tune(text)[0]
    shown = composition.public_tune
    if len(shown.notes) != len(tune.notes):
        shown = tune
    return Subject(text, tune, shown, composition.provenance())


def of_text(text: str) -> Subject:
    """A tune that was written by others."""
    tune = read_tune(text)[0]
    return Subject(text, tune, tune, "")


def pick_subject(checkpoint: Checkpoint) -> Subject:
    """The controls that choose a tune, and the tune.

    Raises:
        ConfigError: nothing is typed.
        CorpusError: a character is not of the model's, or the book is not there.
        CompositionError, GrammarError: it cannot be composed so.
    """
    texts: tuple[str, ...] = ()
    with st.container(horizontal=True, vertical_alignment="bottom", key="inside_subject"):
        st.segmented_control(
            _("Tune"),
            list(choices.SOURCES),
            key=choices.SOURCE.name,
            persist_state="session",
            format_func=lambda name: _(choices.SOURCES[name]),
            required=True,
        )
        source = choices.SOURCE.get()
        if source == choices.COMPOSED:
            seed_and_temperature()
        elif source == choices.HELD_OUT:
            texts = measured.held_out_texts(checkpoint)
            choices.clamp(choices.NUMBER, 1, len(texts))
            st.number_input(
                _("Number of the tune"), 1, len(texts), step=1, key=choices.NUMBER.name,
                persist_state="session", width=180,
                help=_("Tunes of the model's own book that it has not learned from."),
            )  # fmt: skip
    if source == choices.COMPOSED:
        return of_composition(measured.composed(checkpoint, settings()))
    if source == choices.HELD_OUT:
        return of_text(texts[choices.NUMBER.get() - 1])
    if not choices.HAS_TEXT.get():
        choices.TEXT.set(measured.composed(checkpoint, settings()).abc[: choices.MAX_TYPED])
        choices.HAS_TEXT.set(True)
    st.text_area(
        _("A tune in ABC"),
        key=choices.TEXT.name,
        persist_state="session",
        max_chars=choices.MAX_TYPED,
        height=180,
    )
    text = choices.TEXT.get().replace("\r", "").strip("\n")
    if not text.strip():
        raise ConfigError(
            "Type a tune in ABC notation first: a line X:1, a key such as K:D, notes."
        )
    checkpoint.vocabulary.encode(text + "\n")
    return of_text(text + "\n")


def seed_and_temperature() -> None:
    """Seed, dice and temperature of a tune that is composed here."""
    st.number_input(
        _("Seed"), 0, 2**31 - 1, step=1, key=choices.SEED.name, persist_state="session", width=150
    )
    st.button(_("Another seed"), key="inside_dice", icon=":material/casino:", on_click=_throw_dice)
    low, high = SLIDERS["temperature"]
    st.slider(
        _("Temperature"),
        low,
        high,
        step=0.05,
        key=choices.TEMPERATURE.name,
        persist_state="session",
        width=260,
    )


MAX_FREE = 800
"""Characters within which a tune without the grammar ends: one that lost count never would."""


def settings(is_free: bool = False) -> SampleConfig:
    """How the tune is composed: drawn once, for a critic would hide what a unit does."""
    config = SampleConfig(max_new_tokens=MAX_FREE) if is_free else SampleConfig()
    return config.replace(
        temperature=round(choices.TEMPERATURE.get(), 2),
        seed=choices.SEED.get(),
        free=is_free,
        candidates=1,
    )


def sound_or_none(subject: Subject) -> tuple[Sound | None, AudioError | None]:
    """How a tune sounds, or why it does not."""
    try:
        return subject.sound(), None
    except AudioError as error:
        return None, error


def _throw_dice() -> None:
    choices.SEED.set(random.randrange(DRAWN_SEEDS))
