"""What is told and offered of any tune, wherever it comes from: its facts, its files, novelty."""

import streamlit as st

from musicgen.audio.practice import beats_per_minute
from musicgen.errors import MusicgenError
from musicgen.library.book_tune import BookTune, name_key
from musicgen.notation.model import Tune
from musicgen.notation.writing.field_changes import field_of
from musicgen.rendering.files.book_files import export_tune
from musicgen.rendering.files.formats import FORMATS
from musicgen.ui.base import resources
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.language import _
from musicgen.ui.base.words import plain
from musicgen.ui.tune import listening, novelty_view
from musicgen.ui.tune.models import Models
from musicgen.ui.tune.tune_words import name_music_key, name_rhythm

_FORMATS = ("abc", "midi", "mp3", "wav", "pdf", "jianpu", "svg", "musicxml")


def describe_tune(tune: BookTune, shown: Tune) -> str:
    """Rhythm, meter, key, beats a minute, composer and tags, with what is unknown left out.

    Args:
        tune: As it is kept.
        shown: As it is read and played.
    """
    bpm = beats_per_minute(shown) * listening.chosen().arrangement.tempo_factor
    facts = (
        name_rhythm(tune.rhythm), tune.meter, name_music_key(name_key(shown.key)),
        _("{bpm:.0f} beats a minute").format(bpm=bpm), field_of(shown, "C"), *tune.tags,
    )  # fmt: skip
    return plain(" · ".join(filter(None, facts)))


def tune_files(tune: BookTune, name: str) -> None:
    """A popover that saves a tune, as it is read and played, in a format of one's choice.

    Args:
        tune: The tune.
        name: Of the page, for the keys of its widgets.
    """
    popover = st.popover(_("Save"), icon=":material/download:", on_change="rerun",
                         key=f"{name}_save")  # fmt: skip
    if not popover.open:
        return
    with popover:
        chosen = st.pills(
            _("Format"), _FORMATS, key=f"{name}_format", default="abc", required=True,
            format_func=lambda one: FORMATS[one].label, label_visibility="collapsed",
        )  # fmt: skip
        kind = FORMATS[chosen or "abc"]
        try:
            with st.spinner(_("Making the file")):
                data = export_tune(tune, listening.chosen(), resources.paths()).make(kind.name)
        except MusicgenError as error:
            st.warning(sentence(error), icon=":material/error:")
            return
        st.download_button(
            _("Save {format}").format(format=kind.label), data, f"{tune.stem}.{kind.suffix}",
            kind.mime, key=f"{name}_download", icon=":material/download:", on_click="ignore",
        )  # fmt: skip


def is_it_known(abc: str, name: str) -> None:
    """Whether a model has met a tune, looked up when somebody asks.

    Args:
        abc: Its text.
        name: Of the page, for the keys of its widgets.
    """
    models = Models()
    if not models:
        return
    more = st.expander(
        _("Is it known?"), icon=":material/fingerprint:", key=f"{name}_novelty", on_change="rerun"
    )
    if not more.open:
        return
    with more:
        model = st.selectbox(_("The tunes that this model learned from"), models.names,
                             key=f"{name}_novelty_model")  # fmt: skip
        novelty_view.novelty_line(novelty_view.look_up(model, abc, models), model, models)
