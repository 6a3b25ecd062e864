"""Ways to rewrite the chosen bars, side by side, to read, play and choose from."""

import random
import secrets
from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from musicgen.audio.midi import timeline
from musicgen.errors import MusicgenError
from musicgen.notation.analysis.bar_numbers import number_bars
from musicgen.notation.display.excerpt import excerpt
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.sampling.infill_spans import find_music
from musicgen.sampling.infilling import Candidate
from musicgen.ui.base import resources, state
from musicgen.ui.base.errors import show_error
from musicgen.ui.base.language import _
from musicgen.ui.components.audio import start
from musicgen.ui.components.score import score
from musicgen.ui.tune import rendering

MAX_OFFERED = 8
"""Ways that are shown."""

AS_IT_IS = -1
SUGGESTED_SEEDS = 1_000_000

Find = Callable[[int], Sequence[Candidate]]
"""Finds ways for a seed."""

Choose = Callable[[int, Candidate], None]
"""Called with the seed and the way of it that was chosen."""


def open_rewrites() -> None:
    """From now on the dialog is open, whatever draws the page again."""
    state.REWRITING.set(True)
    state.REWRITE_SEED.set(random.randrange(SUGGESTED_SEEDS))
    state.HEARD.set(None)


def offer_rewrites(
    tune: Tune,
    first: int,
    last: int,
    find: Find,
    on_choice: Choose,
    choices: Callable[[], None] | None = None,
) -> None:
    """Draws the dialog for bars `first` to `last`, indices of `Tune.bars`.

    Args:
        tune: The tune as it is now.
        first: First of the bars.
        last: Last of them.
        find: Finds the ways there are; what it raises is shown.
        on_choice: Called with what was chosen.
        choices: Draws what else can be chosen, above the ways.
    """
    numbers = number_bars(tune.bars)
    one, other = numbers[first], numbers[last]
    title = _("Other ways to go through bar {first}") if one == other else _(
        "Other ways to go through bars {first}–{last}")  # fmt: skip
    dialog = st.dialog(title.format(first=one, last=other), width="large", on_dismiss=_close)
    dialog(_choices)(tune, first, last, find, on_choice, choices)


def _close() -> None:
    state.REWRITING.set(False)


def _choices(
    tune: Tune,
    first: int,
    last: int,
    find: Find,
    on_choice: Choose,
    choices: Callable[[], None] | None,
) -> None:
    if not state.REWRITING.get():  # one was chosen
        st.rerun()
    if choices:
        choices()
    st.caption(_("Those after which the rest of the tune follows best come first."))
    preview = st.container(key="preview")
    seed = state.REWRITE_SEED.get()
    try:
        with st.spinner(_("The network looks for other ways …")):
            found = find(seed)
    except MusicgenError as error:
        show_error(error, st.container())
        return
    _row(tune, first, last, AS_IT_IS, preview)
    for candidate in found[:MAX_OFFERED]:
        other, _problems = read_tune(candidate.abc)
        keep = partial(_keep, on_choice, seed, candidate)
        _row(other, first, last, candidate.choice, preview, (candidate.fit, keep))
    st.button(_("Look for others"), key="rewrite_others", icon=":material/refresh:",
              on_click=_look_further)  # fmt: skip


def _keep(on_choice: Choose, seed: int, candidate: Candidate) -> None:
    state.REWRITING.set(False)
    on_choice(seed, candidate)


def _look_further() -> None:
    state.REWRITE_SEED.set(random.randrange(SUGGESTED_SEEDS))
    state.HEARD.set(None)


def _row(
    tune: Tune,
    first: int,
    last: int,
    choice: int,
    preview: st.delta_generator.DeltaGenerator,
    offer: tuple[float, Callable[[], None]] | None = None,
) -> None:
    """One way through the bars, with the bars around them.

    Args:
        tune: With that way through them.
        first: First of the bars.
        last: Last of them.
        choice: Its number.
        preview: Where it sounds.
        offer: How well the rest follows, and what keeps it; None for the bars as they are.
    """
    key = "as_it_is" if choice == AS_IT_IS else str(choice)
    text, mark = _excerpt(tune, first, last)
    part, _problems = read_tune(text)
    heard = state.HEARD.get()
    is_heard = heard is not None and heard[0] == choice
    if heard and is_heard:
        with preview:
            st.audio(rendering.render_text(text, part, "").wav, "audio/wav")
            start(".st-key-preview audio", heard[1], "starter_preview")
    with st.container(border=True, key=f"way_{key}"):
        moments = tuple(timeline(part))
        score(
            rendering.lay_out(part, moments, marks=[mark]),
            [onset for _start, onset, _length in moments],
            [length for _start, _onset, length in moments],
            key=f"way_score_{key}",
            audio=".st-key-preview audio" if is_heard else ".st-key-nothing audio",
            library=resources.paths().abcjs,
        )
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(_("Hear"), key=f"hear_{key}", icon=":material/play_arrow:",
                      on_click=_hear, args=(choice,))  # fmt: skip
            if offer is None:
                st.caption(_("as it is now"))
                return
            fit, keep = offer
            st.button(_("Keep"), key=f"keep_{key}", icon=":material/check:", on_click=keep)
            st.caption(_fit_words(fit))


def _hear(choice: int) -> None:
    state.HEARD.set((choice, secrets.token_hex(4)))


def _fit_words(fit: float) -> str:
    if abs(fit) < 0.05:
        return _("the rest follows as well as before")
    if fit > 0:
        return _("the rest follows better ({fit:+.1f})").format(fit=fit)
    return _("the rest follows less well ({fit:+.1f})").format(fit=fit)


def _excerpt(tune: Tune, first: int, last: int) -> tuple[str, tuple[int, int]]:
    """ABC of the bars with one on each side, and where the chosen ones stand in it."""
    music = {}
    for bar in tune.bars[max(0, first - 1) : last + 2]:
        try:
            start, end = find_music(tune, bar)
        except MusicgenError:  # one beside them, which cannot stand alone
            continue
        music[bar.index] = tune.text[start:end]
    text = excerpt(tune, music)
    part, _problems = read_tune(text)
    numbers = sorted(music)
    chosen = [
        bar for bar, number in zip(part.bars, numbers, strict=False) if first <= number <= last
    ]
    return text, (chosen[0].start, chosen[-1].end)
