"""What a study is to be: who meets, what is asked, how many listen, and what that can find out."""

import streamlit as st

from musicgen.errors import MusicgenError
from musicgen.listening.plan import (
    MOST_VERSIONS,
    PAIR_QUESTIONS,
    REAL,
    SCALES,
    StudyPlan,
    StudySettings,
    Version,
)
from musicgen.listening.power import plan_power
from musicgen.ui.base import resources
from musicgen.ui.base.asked import act_button
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.language import N_, _

_DESIGNS = {"pairs": N_("Two at a time"), "ratings": N_("One at a time, rated")}
_SCALE_NAMES = {
    "liked": N_("liked better"),
    "play": N_("would play it"),
    "tradition": N_("sounds like the tradition"),
    "machine": N_("which is the machine's"),
}
_TEMPERATURES = (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2)
_MAX_TITLE = 80


def study_form(*, is_open: bool) -> None:
    """The form that makes a study.

    Args:
        is_open: Whether it is unfolded at first.
    """
    with st.expander(_("New study"), icon=":material/hearing:", expanded=is_open):
        title = st.text_input(
            _("Title of the study"),
            _("Which tune is better?"),
            max_chars=_MAX_TITLE,
            key="listen_title",
            help=_("Listeners read it. It must not say what is compared."),
        )
        versions = _pick_versions()
        settings = _pick_settings()
        try:
            plan = StudyPlan(title, versions, settings)
        except MusicgenError as error:
            st.caption(sentence(error))
            plan = None
        if plan and settings.is_paired:
            _say_power(plan)
        act_button(
            _("Make the study"), "listen_make", _start, plan,
            type="primary", icon=":material/play_arrow:", disabled=plan is None,
        )  # fmt: skip


def _start(plan: StudyPlan) -> None:
    resources.require_disk()
    resources.studies().start(plan)


def _pick_versions() -> tuple[Version, ...]:
    names = [ref.name for ref in resources.checkpoints()]
    left, right = st.columns(2)
    models = left.multiselect(
        _("Models"), names, names[:1], key="listen_models", max_selections=MOST_VERSIONS
    )
    temperatures = right.multiselect(
        _("Temperatures"),
        _TEMPERATURES,
        [0.8],
        key="listen_temperatures",
        format_func="{:g}".format,
    )
    has_real = st.checkbox(
        _("Real tunes too, held out from all trainings"), bool(names), key="listen_real"
    )
    found = [
        Version(model=model, temperature=temperature)
        for model in models
        for temperature in sorted(temperatures)
    ]
    return (*found, *([Version(model=REAL)] if has_real else []))


def _pick_settings() -> StudySettings:
    left, right = st.columns(2)
    designs = {name: _(label) for name, label in _DESIGNS.items()}
    design = left.segmented_control(
        _("How tunes are heard"), list(designs), default="pairs", key="listen_design",
        format_func=designs.__getitem__, required=True,
    ) or "pairs"  # fmt: skip
    names = {name: _(label) for name, label in _SCALE_NAMES.items()}
    if design == "pairs":
        scale = right.selectbox(
            _("What is asked"), SCALES, key="listen_scale", format_func=names.__getitem__,
            help=_(PAIR_QUESTIONS[st.session_state.get("listen_scale") or SCALES[0]]),
        )  # fmt: skip
        scales = scale or SCALES[0]
    else:
        chosen = right.multiselect(
            _("What is asked"), SCALES, SCALES[:1], key="listen_scales",
            format_func=names.__getitem__,
        )  # fmt: skip
        scales = ",".join(name for name in SCALES if name in chosen)
    first, second, third = st.columns(3)
    listeners = first.number_input(_("Listeners"), 2, 1000, 20, key="listen_listeners")
    pairs = second.number_input(_("Pairs for each of them"), 2, 100, 20, key="listen_pairs")
    seconds = third.number_input(
        _("Seconds of each tune"), 5, 300, 30, step=5, key="listen_seconds"
    )
    return StudySettings.from_dict(
        {
            "design": design,
            "scales": scales,
            "listeners": int(listeners),
            "pairs": int(pairs),
            "tunes": int(pairs),
            "seconds": int(seconds),
            **_pick_details(),
        }
    )


def _pick_details() -> dict[str, bool | int]:
    with st.expander(_("Details"), icon=":material/tune:"):
        left, right = st.columns(2)
        return {
            "practice": left.checkbox(_("Begin with a practice pair"), True, key="listen_practice"),
            "ties": left.checkbox(_("Listeners may be undecided"), True, key="listen_ties"),
            "has_score": left.checkbox(_("Show the sheet music"), False, key="listen_score"),
            "same_key": left.checkbox(
                _("Move all tunes to one tonic, D"), True, key="listen_same_key"
            ),
            "checks": int(
                right.number_input(
                    _("Checks of attention"), 0, 5, 1, key="listen_checks",
                    help=_("Pairs in which one tune has its pitches drawn by chance. Whoever "
                           "prefers it more than half of the times does not count."),
                )
            ),
            "looks": int(
                right.number_input(
                    _("Looks at the result"), 1, 5, 1, key="listen_looks",
                    help=_("Looking again and again and stopping when it pleases finds differences "
                           "that are not there. So the looks are planned, and stricter at first."),
                )
            ),
            "break_after": int(
                right.number_input(_("A break after"), 0, 100, 10, key="listen_break")
            ),
        }  # fmt: skip


def _say_power(plan: StudyPlan) -> None:
    power = plan_power(plan)
    parts = [
        _("{ballots:,} ballots. With 80 % probability they find a preference of {share:.0%} or "
          "more of one of two versions.").format(ballots=power.ballots, share=power.smallest)
        if power.smallest < 1
        else _("{ballots:,} ballots: too few to find any difference.").format(
            ballots=power.ballots
        )
    ]  # fmt: skip
    if power.listeners:
        parts.append(
            _("For {share:.0%}, {count:,} listeners would do.").format(
                share=power.difference, count=power.listeners
            )
        )
    st.caption(" ".join(parts))
