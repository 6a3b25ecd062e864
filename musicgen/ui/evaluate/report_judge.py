"""What the judge found of a report: how well tunes are told from real ones, and by what."""

from collections.abc import Sequence

import streamlit as st

from musicgen.evaluation.judge import labels as judge_labels
from musicgen.evaluation.report.result import Report, TuneSet
from musicgen.ui.base.language import _
from musicgen.ui.evaluate.report_table import giveaway_rows, verdict_rows


def verdicts(report: Report, sets: Sequence[TuneSet]) -> None:
    """The detectors' verdicts on the sets that are shown, and the figures that give these away.

    Nothing where the judge was not asked; a sentence where there were too few tunes.
    """
    shown = {item.key for item in sets}
    judged = [(item, found) for item, found in report.judged() if item.key in shown]
    if not judged:
        return
    control = report.control()
    found = [judgement for _item, judgement in judged]
    st.subheader(_(judge_labels.TITLE), anchor=False)
    for sentence in judge_labels.explain_gaps(control, found, _):
        st.info(sentence, icon=":material/info:")
    if not judge_labels.list_detectors(found):
        return
    st.caption(f"{_(judge_labels.MEANING)} {_(judge_labels.CONTROL_MEANING)}")
    with st.container(key="report_verdicts"):
        st.table(verdict_rows(control, judged), border="horizontal", hide_index=True)
    rows = giveaway_rows(judged)
    if not rows[" "]:
        st.caption(_(judge_labels.NO_GIVEAWAY))
        return
    st.markdown(f"**{_(judge_labels.GIVEAWAYS_TITLE)}**")
    st.caption(_(judge_labels.GIVEAWAYS_MEANING))
    with st.container(key="report_giveaways"):
        st.table(rows, border="horizontal", hide_index=True)


def meanings(report: Report) -> None:
    """How the verdicts were made, and what each detector and figure of the report is."""
    judgements = [judgement for _item, judgement in report.judged()]
    detectors = judge_labels.list_detectors(judgements)
    if not detectors:
        return
    st.write(_(judge_labels.METHOD))
    named = [judge_labels.name_detector(name) for name in detectors]
    named += [judge_labels.name_figure(name) for name in judge_labels.widest_figures(judgements)]
    lines = [f"- **{_(one.label)}**: {_(one.help)}" for one in named if one.help]
    st.markdown("\n".join([f"**{_(judge_labels.TITLE)}**", "", *lines]))
