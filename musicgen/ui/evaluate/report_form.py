"""What a report is asked for: models, how many tunes, how daring, with or without the grammar."""

import streamlit as st

from musicgen.evaluation.report.plan import MAX_CHECKPOINTS, MAX_COUNT, ReportPlan
from musicgen.ui.base import resources, state
from musicgen.ui.base.asked import act_button
from musicgen.ui.base.language import N_, _, ngettext
from musicgen.ui.base.places import chosen_place, pick_place

REPORT_TEMPERATURES = (0.4, 0.6, 0.8, 1.0, 1.2, 1.4)
DEFAULT_COUNT = 100
PLACE = "report_place"
"""The choice of where a report is made."""

GRAMMAR_CHOICES: dict[str, tuple[bool, ...]] = {
    "grammar": (False,),
    "free": (True,),
    "both": (False, True),
}

_MODE_NAMES = {
    "grammar": N_("With the grammar"),
    "free": N_("Without it"),
    "both": N_("Both"),
}


def report_form() -> None:
    """The form that starts a report; open as long as there is none."""
    with st.expander(
        _("New report"), icon=":material/fact_check:", expanded=not resources.reports().store.list()
    ):
        names = [ref.name for ref in resources.checkpoints()]
        left, right = st.columns(2)
        models = left.multiselect(
            _("Models"), names, names[:1], key="report_models", max_selections=MAX_CHECKPOINTS
        )
        temperatures = right.multiselect(
            _("Temperatures"),
            REPORT_TEMPERATURES,
            [1.0],
            key="report_temperatures",
            format_func="{:g}".format,
            help=_("Several of them give curves over the temperature."),
        )
        left, right = st.columns(2)
        count = left.number_input(
            _("Tunes of each set"), 2, MAX_COUNT, DEFAULT_COUNT, step=10, key="report_count"
        )
        modes = {name: _(label) for name, label in _MODE_NAMES.items()}
        mode = right.segmented_control(
            _("Grammar"),
            list(modes),
            default="grammar",
            key="report_mode",
            format_func=modes.__getitem__,
            required=True,
            help=_("It takes away what would make a tune wrong. Without it the network is alone."),
        )
        judge = st.checkbox(
            _("Let detectors try to tell them from real tunes"),
            True,
            key="report_judge",
            help=_("It says what gives the tunes away, and takes longer than composing them."),
        )
        pick_place(PLACE)
        sets = len(models) * len(temperatures) * len(GRAMMAR_CHOICES[mode or "grammar"])
        with st.container(horizontal=True, vertical_alignment="center"):
            act_button(
                _("Make the report"), "report_start", _start,
                tuple(models), int(count), tuple(temperatures), mode or "grammar", judge,
                type="primary", icon=":material/play_arrow:", disabled=not sets,
            )  # fmt: skip
            st.caption(
                ngettext("{count} tune to compose", "{count} tunes to compose", sets * int(count))
                .format(count=f"{sets * int(count):,}"),
                width="content",
            )  # fmt: skip


def _start(
    models: tuple[str, ...], count: int, temperatures: tuple[float, ...], mode: str, judge: bool
) -> None:
    grammar = GRAMMAR_CHOICES[mode]
    plan = ReportPlan(models, count, tuple(sorted(temperatures)), grammar, judge=judge)
    resources.require_disk()
    state.REPORT.set(resources.reports().start(plan, chosen_place(PLACE)))
