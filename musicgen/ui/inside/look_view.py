"""Where it looks: echoes, attention and clocks along a text, and what moved a prediction."""

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from musicgen.interpretation.attention_view import AttentionView, ClockView, EchoView, View
from musicgen.models.checkpoint import Checkpoint
from musicgen.models.copy_candidates import BARS_BEFORE, LEVELS
from musicgen.ui.base.errors import show_errors
from musicgen.ui.base.language import _, ngettext
from musicgen.ui.components.coloured_text import Colours, TextLinks
from musicgen.ui.inside import figures, measured
from musicgen.ui.inside.colours import amounts, colours_of
from musicgen.ui.inside.place_picker import clickable_text, pick_place, place_name
from musicgen.ui.inside.saliency_view import saliency_view
from musicgen.ui.inside.subject import Subject, pick_subject, sound_or_none
from musicgen.ui.inside.units_view import PLAYER, draw_score

_TEXT = "inside_text_look"


def where_it_looks(checkpoint: Checkpoint) -> None:
    """A tune, and where the network looks at each of its places."""
    _one_place(checkpoint, pick_subject(checkpoint))


@st.fragment
def _one_place(checkpoint: Checkpoint, subject: Subject) -> None:
    with show_errors():
        text = subject.text
        view = measured.view_of(checkpoint, text)
        place = pick_place(text, _worth(view, len(text)))
        if isinstance(view, EchoView):
            _echoes(subject, view, place)
        elif isinstance(view, AttentionView):
            _attention(subject, view, place)
        elif isinstance(view, ClockView):
            _clocks(view)
        else:
            st.info(
                _("This network looks nowhere: all it knows of the past is in its state. What "
                  "moved a prediction is below all the same.")
            )  # fmt: skip
            clickable_text(
                text, amounts(np.zeros(len(text)), ""), _TEXT, _("The text of the tune"),
                TextLinks(place),
            )  # fmt: skip
        saliency_view(checkpoint, text, place)


def _worth(view: View | None, length: int) -> list[float]:
    """How much there is to see at each character."""
    if isinstance(view, EchoView):
        worth: list[float] = _gain(view).tolist()
    elif isinstance(view, AttentionView):
        worth = [0.0, *(1.0 - view.nowhere[:-1]).tolist()]
    else:
        worth = [float(place == 2 * length // 3) for place in range(length)]
    return worth


def _gain(view: EchoView) -> NDArray[Any]:
    """By how many bits echoes raised the probability of each character."""
    gain: NDArray[Any] = np.concatenate([[0.0], view.gain[:-1]]) / np.log(2)
    return gain


def _over_notes(subject: Subject, colours: Colours, links: TextLinks) -> None:
    """The same colours on the score, with the notes of the arcs underlined, and the player."""
    sound, _silence = sound_or_none(subject)
    if not sound:
        return
    with st.container(key="inside_sound"):
        st.audio(sound.wav, "audio/wav")
    places = [links.chosen, *(place for place, _share in links.places)]
    draw_score(subject, sound, colours, PLAYER, "inside_look_score", places)
    st.caption(
        _("The same on the notes: the chosen one is underlined, and so are those to which arcs "
          "lead.")
    )  # fmt: skip


def _echoes(subject: Subject, view: EchoView, place: int) -> None:
    """Row t of the view is what was offered after t, so of a place it is the row before."""
    text, row = view.text, place - 1
    gain = _gain(view)
    st.caption(
        _("Echoes offer the network what came next at an earlier place: after the longest run of "
          "characters like the last ones, and 2, 4 and 8 bars before. Colours show by how many "
          "bits all echoes raised the probability of the character that came, or lowered it. "
          "Click on a character: arcs lead to the places that were offered for it.")
    )  # fmt: skip
    links = tuple(
        (int(view.places[row, echo]), float(view.levels[row, echo]) / (LEVELS - 1))
        for echo in range(view.places.shape[1])
        if view.places[row, echo] >= 0
    )
    colours, linked = colours_of(gain), TextLinks(place, links)
    clickable_text(
        text, colours, _TEXT, _("The text of the tune, coloured by what echoes brought"), linked
    )
    names = [_("the longest run"), *(ngettext("{count} bar before", "{count} bars before", bars)
                                     .format(count=bars) for bars in BARS_BEFORE)]  # fmt: skip
    rows: dict[str, list[str]] = {
        _("Echo"): [], _("Offers"): [], _("From place"): [], _("Evidence, 0 to 7"): [],
        _("Trust, bits"): [], _("Taken"): [],
    }  # fmt: skip
    for echo, name in enumerate(names):
        at = int(view.places[row, echo])
        cells = (
            (name, f"`{figures.sign(text[at])}`", str(at), str(int(view.levels[row, echo])),
             f"{view.trust[row, echo] / np.log(2):+.2f}",
             _("yes") if view.is_taken[row, echo] else _("no"))
            if at >= 0 else (name, _("nothing"), "–", "–", "–", "–")
        )  # fmt: skip
        for column, cell in zip(rows.values(), cells, strict=True):
            column.append(cell)
    st.markdown(
        _("**{place}**: the echoes together changed its probability by {bits:+.2f} bits.").format(
            place=place_name(text, place), bits=gain[place]
        )
    )
    st.table(rows, border="horizontal", hide_index=True)
    st.caption(
        _("Trust is what the network's gate adds to the offered character, in bits; evidence "
          "counts how well the bars have agreed so far.")
    )  # fmt: skip
    _over_notes(subject, colours, linked)


def _attention(subject: Subject, view: AttentionView, place: int) -> None:
    text, row = view.text, place - 1
    shares = np.zeros(len(text))
    reach = min(row, view.weights.shape[1])
    shares[row - reach : row] = view.weights[row, :reach][::-1]
    st.caption(
        _("For the chosen character the network looked at the earlier ones that are coloured; arcs "
          "lead to the five with the largest shares of attention.")
    )  # fmt: skip
    colours = amounts(shares, _("share of attention"))
    linked = TextLinks(place, tuple(view.strongest(row)))
    clickable_text(text, colours, _TEXT, _("The text of the tune, coloured by attention"), linked)
    st.markdown(
        _("**{place}**: {nowhere:.0%} of the attention went nowhere, {most:.0%} to the strongest "
          "place.").format(place=place_name(text, place), nowhere=float(view.nowhere[row]),
                           most=float(shares.max()))
    )  # fmt: skip
    _over_notes(subject, colours, linked)


def _clocks(view: ClockView) -> None:
    st.caption(
        _("The level of bars moves with the characters that are half coloured, that of phrases "
          "with those that are wholly coloured; between them both keep what they know.")
    )  # fmt: skip
    ticks = 0.5 * view.bars + 0.5 * view.phrases
    clickable_text(
        view.text, amounts(ticks, _("bars and phrases"), 1.0), _TEXT,
        _("The text of the tune, coloured by the clocks of the levels"),
    )  # fmt: skip
    st.markdown(
        _("Over {count} characters the level of bars moved {bars} times, that of phrases {phrases} "
          "times.").format(count=len(view.text), bars=int(view.bars.sum()),
                           phrases=int(view.phrases.sum()))
    )  # fmt: skip
