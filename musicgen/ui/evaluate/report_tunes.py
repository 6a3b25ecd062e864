"""The tunes of a report that are worth hearing: the best and the worst of each set."""

import streamlit as st

from musicgen.errors import AudioError
from musicgen.evaluation.measure_labels import name_set
from musicgen.evaluation.report.result import Example, Report
from musicgen.notation.parsing.reader import read_tune
from musicgen.ui.base import resources
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.language import N_, _
from musicgen.ui.components.score import score
from musicgen.ui.components.text_block import text_block
from musicgen.ui.tune import rendering

_ENDS = {"best": N_("Best"), "worst": N_("Worst")}
_PLAYER = "report_sound"


def best_and_worst(report: Report, report_id: str) -> None:
    """A choice of set and of its best or worst tune; sound, sheet music, and what it is."""
    sets = {item.key: item for item in report.all_sets() if item.best}
    if not sets:
        return
    labels = {key: name_set(item.cell, _) for key, item in sets.items()}
    ends = {name: _(label) for name, label in _ENDS.items()}
    with st.container(border=True, key="report_tunes"):
        st.subheader(_("Hear the best and the worst"), anchor=False)
        st.caption(_("By how near their figures lie to those of real tunes."))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            composed = [key for key, item in sets.items() if item.cell]
            key = st.selectbox(
                _("Tunes of"),
                list(sets),
                list(sets).index(composed[0]) if composed else 0,
                key=f"report_set_{report_id}",
                format_func=labels.__getitem__,
                width=320,
            )
            end = st.segmented_control(
                _("Tune"),
                list(ends),
                default="best",
                key=f"report_end_{report_id}",
                format_func=ends.__getitem__,
                required=True,
                label_visibility="collapsed",
            )
        chosen = sets[key].worst if end == "worst" else sets[key].best
        if chosen:
            _tune(chosen, f"{labels[key]}")


def _tune(example: Example, name: str) -> None:
    tune, _problems = read_tune(example.abc)
    sound = None
    with st.container(key=_PLAYER):
        try:
            comment = f"musicgen report set={name} seed={example.seed}"
            sound = rendering.render_text(example.abc, tune, comment)
            st.audio(sound.wav, "audio/wav")
        except AudioError as error:
            st.warning(sentence(error), icon=":material/volume_off:")
    if sound:
        score(
            rendering.layouts(tune, sound),
            [onset for _start, onset, _duration in sound.moments],
            [duration for _start, _onset, duration in sound.moments],
            key="report_score",
            audio=f".st-key-{_PLAYER} audio",
            library=resources.paths().abcjs,
        )
    st.caption(" · ".join(_facts(example)))
    with st.expander(_("The tune as text"), icon=":material/notes:"):
        text_block(example.abc)


def _facts(example: Example) -> list[str]:
    facts = [_("distance from real tunes {value:.2f}").format(value=example.distance)]
    if example.seed is not None:
        facts.append(_("seed {seed}").format(seed=example.seed))
    return facts
