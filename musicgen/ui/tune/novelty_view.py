"""Is it copied? A line under the score, the marks in it, and behind the line what they rest on."""

from dataclasses import dataclass
from functools import lru_cache

import streamlit as st

from musicgen.corpus.cleaning import CorpusTune
from musicgen.errors import MusicgenError
from musicgen.evaluation.novelty.comparison import (
    UNUSUAL_PERCENTILE,
    Novelty,
    NoveltyIndex,
    Span,
    compare,
    merge_spans,
    shared_melody,
)
from musicgen.jobs.novelty_service import IndexInProgress
from musicgen.notation.display.excerpt import cut_bars
from musicgen.notation.display.layout import break_lines, lay_out_spans
from musicgen.notation.parsing.reader import read_tune
from musicgen.ui.base import resources, state
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.language import _
from musicgen.ui.base.words import plain
from musicgen.ui.components.live_chart import Panel, live_charts
from musicgen.ui.components.score import ScoreLayout, score
from musicgen.ui.tune.models import Models
from musicgen.ui.tune.novelty_charts import HEIGHT, runs_figure

POLL_S = 2.0

_BARS_PER_LINE = 2
_EXCERPT_WIDTH = 420


@dataclass(frozen=True, slots=True)
class Answer:
    """How new a tune is, and beside what."""

    abc: str
    index: NoveltyIndex
    novelty: Novelty

    @property
    def nearest(self) -> CorpusTune | None:
        """The tune it is nearest to; None where nothing is shared."""
        return self.index.tunes[self.novelty.nearest] if self.novelty.nearest >= 0 else None

    def marks(self) -> list[Span]:
        """What to mark in the text of the tune: the longest run, and those that are unusual."""
        novelty = self.novelty
        longest = [novelty.characters.span] if novelty.characters.longest else []
        return merge_spans([*longest, *novelty.unusual])


def look_up(model: str, abc: str, models: Models) -> Answer | IndexInProgress | MusicgenError:
    """How new a tune is; or how far one is with reading what its model learned from, or why not.

    Takes some 20 milliseconds where the model's tunes have been read before.
    """
    try:
        index = resources.novelty_index(models.find(model))
    except MusicgenError as error:
        return error
    if isinstance(index, IndexInProgress):
        return index
    return Answer(abc, index, _compare(index, abc))


@lru_cache(maxsize=32)
def _compare(index: NoveltyIndex, abc: str) -> Novelty:
    return compare(index, abc)


def marks(answer: Answer | IndexInProgress | MusicgenError) -> list[Span]:
    """The spans of the tune's text to mark in the score; none while nothing is known."""
    return answer.marks() if isinstance(answer, Answer) else []


def novelty_line(
    answer: Answer | IndexInProgress | MusicgenError, model: str, models: Models
) -> None:
    """The line under the score, and what is behind it."""
    with st.container(key="novelty"):
        if isinstance(answer, MusicgenError):
            st.caption(
                ":material/fingerprint: "
                + _("Whether it is new is not known: {reason}").format(reason=sentence(answer))
            )
        elif isinstance(answer, IndexInProgress):
            st.fragment(_waiting, run_every=POLL_S)(model, models)
        else:
            _answered(answer)


def _waiting(model: str, models: Models) -> None:
    """Says how far the reading is, and draws the page again, marks included, when it is over."""
    try:
        now = resources.novelty_index(models.find(model))
    except MusicgenError:
        st.rerun()
    if not isinstance(now, IndexInProgress):
        st.rerun()
    st.caption(
        ":material/fingerprint: "
        + _("Is it new? Reading what the model learned from: {count:,} tunes so far.").format(
            count=now.tunes
        )
    )


@st.fragment
def _answered(answer: Answer) -> None:
    with st.expander(
        _summary(answer),
        icon=":material/fingerprint:",
        key=state.NOVELTY_OPEN.name,
        on_change="rerun",
    ) as more:
        if more.open:
            _table(answer)
            _figures(answer)
            _side_by_side(answer)
            _explanation(answer)


def _summary(answer: Answer) -> str:
    novelty, real = answer.novelty, answer.index.real_characters
    nearest = answer.nearest
    name = plain(nearest.title) if nearest else ""
    if novelty.is_known:
        return _("Known: this is {title}").format(title=name)
    words = _("longest shared run {count} characters (real tunes: {median:g})").format(
        count=novelty.characters.longest, median=real.median
    )
    is_close = novelty.characters.longest > real.percentile(UNUSUAL_PERCENTILE) or novelty.unusual
    judgement = _("Close to a known tune") if is_close else _("New")
    parts = [_("{judgement}: {words}").format(judgement=judgement, words=words)]
    if name:
        parts.append(_("nearest: {title}").format(title=name))
    return " · ".join(parts)


def _table(answer: Answer) -> None:
    novelty, index = answer.novelty, answer.index
    rows = (
        (_("Longest run, characters"), novelty.characters.longest, index.real_characters),
        (_("Longest run, notes in any key"), novelty.melody.longest, index.real_melody),
    )
    st.table(
        {
            " ": [label for label, _count, _real in rows],
            _("this tune"): [f"{count}" for _label, count, _real in rows],
            _("real tunes"): [f"{real.median:g}" for _label, _count, real in rows],
            _("nine in ten real tunes"): [
                f"≤ {real.percentile(UNUSUAL_PERCENTILE):g}" for _label, _count, real in rows
            ],
        },
        border="horizontal",
        hide_index=True,
    )


def _figures(answer: Answer) -> None:
    novelty, index = answer.novelty, answer.index
    shown = (
        ("characters", _("Longest shared run, characters"), novelty.characters.longest,
         index.real_characters),
        ("melody", _("Longest shared run, notes in any key"), novelty.melody.longest,
         index.real_melody),
    )  # fmt: skip
    live_charts(
        [
            Panel(name, runs_figure(real, longest, title), title, HEIGHT, is_wide=False)
            for name, title, longest, real in shown
        ],
        key="novelty_charts",
    )


def _side_by_side(answer: Answer) -> None:
    nearest = answer.nearest
    if nearest is None:
        return
    length, ours, theirs = _shared(answer.abc, nearest.text)
    if not length:
        return
    st.markdown(
        "**"
        + _("What it shares with {title}: {count} notes in a row").format(
            title=plain(nearest.title), count=length
        )
        + "**"
    )
    left, right = st.columns(2)
    with left:
        st.caption(_("this tune"))
        _excerpt(answer.abc, ours, "novelty_ours")
    with right:
        st.caption(f"{plain(nearest.title)} ({plain(nearest.source)})")
        _excerpt(nearest.text, theirs, "novelty_theirs")


@lru_cache(maxsize=32)
def _shared(ours: str, theirs: str) -> tuple[int, Span, Span]:
    return shared_melody(ours, theirs)


def _excerpt(text: str, span: Span, key: str) -> None:
    found = cut_bars(read_tune(text)[0], *span)
    if found is None:
        return
    bars, shift = found
    laid_out = break_lines(bars, _BARS_PER_LINE)
    marked = lay_out_spans(laid_out, [(span[0] + shift, span[1] + shift)])
    notes = tuple(laid_out.spans.get(note.start, (-1, -1))[0] for note in bars.notes)
    score(
        [ScoreLayout(laid_out.text, (), 0, _EXCERPT_WIDTH, notes, marked)],
        [],
        [],
        key=key,
        audio=f".st-key-{key} audio",
        library=resources.paths().abcjs,
    )


def _explanation(answer: Answer) -> None:
    st.caption(
        _(
            "Compared with the {count:,} tunes the model learned from. A run is what stands, sign "
            "for sign or note for note, in one of them, too; the second way of counting knows it "
            "in any key. Real tunes: each of them beside the others, without those of its own "
            "title. Marked in the score: the longest run, and longer runs of notes than nine "
            "in ten real tunes share."
        ).format(count=len(answer.index.tunes))
    )
