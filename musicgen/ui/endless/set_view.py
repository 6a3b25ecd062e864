"""The set that sounds: which tunes belong together, and how they are kept as one."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from musicgen.config import SampleConfig
from musicgen.errors import MusicgenError
from musicgen.library.book_tune import clean_title
from musicgen.sampling.composer import Composition
from musicgen.sampling.set_planner import TUNES_IN_A_SET, config_for
from musicgen.ui.base import resources
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.language import _
from musicgen.ui.base.words import plain
from musicgen.ui.frame.on_air import PlaybackSession, title_of
from musicgen.ui.tune.constraints import RHYTHM_NAMES


@dataclass(frozen=True, slots=True)
class Part:
    """A tune of a set: its number in the row, and the tune itself once it is composed.

    `rhythm` and `key` are those that are planned for it, as constraints name them.
    """

    number: int
    rhythm: str
    key: str
    composition: Composition | None


def find_set(now: PlaybackSession, number: int) -> tuple[Part, ...]:
    """The set to which a tune of the row belongs, what is not composed yet included."""
    first = number - number % TUNES_IN_A_SET
    numbers = range(first, first + TUNES_IN_A_SET)
    known = dict(now.queue.composed(numbers[-1]))
    parts = []
    for one in numbers:
        made = known.get(one)
        config = made.config if made else config_for(
            one, now.settings.style, now.seed, SampleConfig(), now.settings.instrument
        )  # fmt: skip
        parts.append(Part(one, config.rhythm, config.key, made))
    return tuple(parts)


def set_line(now: PlaybackSession, number: int) -> None:
    """Says what the set is: its tunes and keys in order, the one that sounds in bold."""
    parts = find_set(now, number)
    with st.container(horizontal=True, vertical_alignment="center", key="endless_set"):
        st.caption(
            _("Set {number}: {tunes}").format(
                number=number // TUNES_IN_A_SET + 1,
                tunes=" → ".join(_told(part, is_current=part.number == number) for part in parts),
            ),
            width="content",
        )
        made = [part for part in parts if part.composition]
        if len(made) == len(parts):
            _keep_button(parts)


def _told(part: Part, *, is_current: bool) -> str:
    if part.composition is None:
        words = (_(RHYTHM_NAMES[part.rhythm]) if part.rhythm in RHYTHM_NAMES else "", part.key)
        return plain(" · ".join(filter(None, words))) or "…"
    title = plain(title_of(part.number, part.composition))
    text = f"{title} ({plain(part.composition.tune.key.text)})"
    return f"**{text}**" if is_current else text


def _keep_button(parts: Sequence[Part]) -> None:
    name = set_name(parts)
    is_kept = any(one.name == name for one in resources.tunebook().sets())
    st.button(
        _("Set kept") if is_kept else _("Keep the set"),
        key=f"endless_keep_set_{parts[0].number}",
        icon=":material/check:" if is_kept else ":material/queue_music:",
        help=_("Its tunes become favourites, and the tunebook has them as a set."),
        disabled=is_kept,
        on_click=_keep,
        args=(name, [part.composition for part in parts if part.composition]),
    )


def set_name(parts: Sequence[Part]) -> str:
    """What a set is called in the tunebook: after its first tune, as players say."""
    first = parts[0]
    title = title_of(first.number, first.composition) if first.composition else ""
    return clean_title(_("{title} and two more").format(title=title))


def _keep(name: str, tunes: Sequence[Composition]) -> None:
    try:
        resources.favourite_store().add_set(name, tunes)
    except MusicgenError as error:
        st.toast(sentence(error), icon=":material/error:")
