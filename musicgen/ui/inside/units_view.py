"""Units: what one of them does along a tune, in colours, as a curve, and beside all the others."""

from collections.abc import Sequence

import streamlit as st

from musicgen.interpretation.recording import Recording
from musicgen.models.checkpoint import Checkpoint
from musicgen.ui.base import resources
from musicgen.ui.base.errors import sentence, show_errors, translate
from musicgen.ui.base.language import _
from musicgen.ui.components.coloured_text import Colours, coloured_text
from musicgen.ui.components.live_chart import live_chart
from musicgen.ui.components.score import ScoreOverlay, score
from musicgen.ui.inside import choices, figures, measured
from musicgen.ui.inside.choices import LAYER, SIGNAL, UNIT
from musicgen.ui.inside.colours import CENTRED, colours_of, order_units
from musicgen.ui.inside.probe_view import probes
from musicgen.ui.inside.score_notes import note_labels
from musicgen.ui.inside.subject import Subject, pick_subject, sound_or_none
from musicgen.ui.inside.unit_table import exciting_places, unit_table
from musicgen.ui.tune import rendering
from musicgen.ui.tune.performance import Sound

PLAYER = ".st-key-inside_sound audio"


def units(checkpoint: Checkpoint) -> None:
    """Layer and signal; a unit with text, score and curve; all units; what they follow."""
    sound_place = st.container(key="inside_sound")
    subject = pick_subject(checkpoint)
    seen = measured.recording(checkpoint, subject.text)
    _pick_layer(seen)
    sound, silence = sound_or_none(subject)
    if sound:
        sound_place.audio(sound.wav, "audio/wav")
    elif silence:
        st.warning(sentence(silence), icon=":material/volume_off:")
    _one_unit(checkpoint, subject, seen, sound)
    _all_units(checkpoint, seen)
    probes(checkpoint)


def _pick_layer(seen: Recording) -> None:
    """The choice of layer and signal; both are brought into their bounds."""
    layers = seen.layers
    choices.clamp(LAYER, 0, len(layers) - 1)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            _("Layer"),
            list(range(len(layers))),
            key=LAYER.name,
            persist_state="session",
            format_func=lambda number: layer_name(seen, number),
            required=True,
        )
        signals = layers[LAYER.get()].signals
        if SIGNAL.get() not in signals:
            SIGNAL.set(signals[0])
        st.selectbox(
            _("Signal"), signals, key=SIGNAL.name,
            persist_state="session", format_func=choices.signal_name, width=220,
            help=_("What a unit says to others (hidden state), what it keeps (cell), or how far "
                   "a gate of it is open."),
        )  # fmt: skip


def layer_name(seen: Recording, number: int) -> str:
    """What a layer is called."""
    label = seen.layers[number].label
    return translate(label.template, label.values)


@st.fragment
def _one_unit(
    checkpoint: Checkpoint, subject: Subject, seen: Recording, sound: Sound | None
) -> None:
    """Everything that changes with the unit, drawn again without the rest."""
    with show_errors():
        layer = seen.layers[LAYER.get()]
        choices.clamp(UNIT, 0, layer.size - 1)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.number_input(
                _("Unit"), 0, layer.size - 1, step=1, key=UNIT.name,
                persist_state="session", width=180,
                help=_("Counted from 0. The table says which are worth a look."),
            )  # fmt: skip
        unit_table(checkpoint, LAYER.get(), SIGNAL.get())
        values = layer.get(SIGNAL.get())[:, UNIT.get()]
        colours = colours_of(values, SIGNAL.get())
        st.caption(
            _("Each character has the colour of the unit after it was read; a note has the mean of "
              "its characters. Press play: the text follows.")
        )  # fmt: skip
        coloured_text(
            subject.text, colours, key="inside_text_units",
            label=_("The text of the tune, coloured by the unit"),
            following=subject.following(sound, PLAYER) if sound else None,
        )  # fmt: skip
        if sound:
            draw_score(subject, sound, colours, PLAYER, "inside_score")
        live_chart(
            figures.along(
                subject.text, [(_("unit {unit}").format(unit=UNIT.get()), values, figures.FIRST)],
                "unit", (_("character of the text"), choices.signal_name(SIGNAL.get())),
            ),
            "inside_curve", _("The unit along the text"), 220,
        )  # fmt: skip
        st.caption(
            _(
                "The same as a curve: a unit that counts rises through each bar and falls at "
                "its end."
            )
        )
        exciting_places(checkpoint, LAYER.get(), SIGNAL.get(), UNIT.get())


def draw_score(
    subject: Subject,
    sound: Sound,
    colours: Colours,
    audio: str,
    key: str,
    places: Sequence[int] = (),
) -> None:
    """The notes of a tune in two colours; those at some places of the text are underlined."""
    tints = subject.note_values([one / 100 for one in colours.shades])
    bars, numbers, names = note_labels(subject.shown)
    score(
        rendering.layouts(subject.shown, sound, marks=subject.spans_of(places)),
        [onset for _start, onset, _length in sound.moments],
        [length for _start, _onset, length in sound.moments],
        key=key,
        audio=audio,
        library=resources.paths().abcjs,
        touch=ScoreOverlay(
            bars, numbers, names, tints=tints,
            tint_ends=(colours.low or "0", colours.high),
        ),
    )  # fmt: skip


def _all_units(checkpoint: Checkpoint, seen: Recording) -> None:
    """The heat map; it stays as it is while other units are chosen."""
    layer, signal = LAYER.get(), SIGNAL.get()
    values = seen.layers[layer].get(signal)
    found = measured.known_associations(checkpoint, layer, signal)
    st.subheader(_("All units of the layer"), anchor=False)
    shown = values if signal in CENTRED else 2 * values - 1
    key = checkpoint.fingerprint, seen.text, layer, signal, bool(found)
    order = measured.kept_order(key, lambda: order_units(values, found))
    titles = _("character of the text"), _("units")
    live_chart(
        figures.heat_map(seen.text, shown, order, titles),
        "inside_heat", _("All units along the text"), 460,
    )  # fmt: skip
    words = (
        _(
            "One row is one unit, in the order of what it follows most: place in the bar at the "
            "top, then beat, bar line, phrase, section, notes, key, repeats, header and body."
        )
        if found
        else _("One row is one unit; units that rise and fall together are neighbours.")
    )  # fmt: skip
    st.caption(
        words + " " + _("Stripes that come back with every bar are units that count; colours are "
                        "shares of the strongest value.")
    )  # fmt: skip
