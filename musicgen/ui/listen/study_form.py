"""What a study is to be: who meets, what is asked, how many listen, and what that can find out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from musicgen.config import SampleConfig, SettingInfo, describe
from musicgen.corpus.sources import SOURCES
from musicgen.errors import MusicgenError
from musicgen.listening.plan import (
    MOST_RATING,
    MOST_VERSIONS,
    PAIR_QUESTIONS,
    REAL,
    SCALES,
    StudyPlan,
    StudySettings,
    Version,
)
from musicgen.listening.power import plan_power, plan_rating_power
from musicgen.notation.analysis.ranges import INSTRUMENT_RANGES
from musicgen.notation.grammar.rules import METERS, RHYTHMS
from musicgen.ui.base import resources
from musicgen.ui.base.asked import act_button
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.language import N_, _, ngettext
from musicgen.ui.base.words import plain
from musicgen.ui.tune.constraints import MODE_NAMES, RANGE_NAMES, RHYTHM_NAMES, TONICS

_DESIGNS = {"pairs": N_("Two at a time"), "ratings": N_("One at a time, rated")}
_SCALE_NAMES = {
    "liked": N_("liked better"),
    "play": N_("would play it"),
    "tradition": N_("sounds like the tradition"),
    "machine": N_("which is the machine's"),
}
_USUAL_TEMPERATURE = SampleConfig().temperature
_TEMPERATURES = tuple(sorted({0.6, 0.7, 0.8, _USUAL_TEMPERATURE, 0.9, 1.0, 1.1, 1.2}))
_MAX_TITLE = 80
_INFOS: dict[str, SettingInfo] = {info.name: info for info in describe(StudySettings)}
_LABEL_LENGTH = 60


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
        asked = _pick_question()
        wishes = _pick_wishes()
        details, versions = _pick_details(versions, is_paired=asked["design"] == "pairs")
        try:
            settings = StudySettings.from_dict({**asked, **wishes, **details})
            plan = StudyPlan(title, versions, settings)
        except MusicgenError as error:
            st.caption(sentence(error))
            plan = None
        if plan:
            st.caption(" ".join((_power_words(plan), _teaching_words(plan))))
        act_button(
            _("Make the study"), "listen_make", _start, plan,
            type="primary", icon=":material/play_arrow:", disabled=plan is None,
        )  # fmt: skip


def _start(plan: StudyPlan) -> None:
    resources.require_disk()
    resources.studies().start(plan)


def _pick_versions() -> tuple[Version, ...]:
    """Models, each at temperatures of its own, and real tunes."""
    names = [ref.name for ref in resources.checkpoints()]
    left, right = st.columns(2)
    models = left.multiselect(
        _("Models"), names, names[:1], key="listen_models", max_selections=MOST_VERSIONS
    )
    found = []
    for place, model in enumerate(models):
        label = _("Temperatures") if len(models) == 1 else _("Temperatures of {name}")
        temperatures = (right if place == 0 else st).multiselect(
            label.format(name=plain(model)),
            _TEMPERATURES,
            [_USUAL_TEMPERATURE],
            key=f"listen_temperatures_{model}",
            format_func="{:g}".format,
        )
        found += [Version(model=model, temperature=one) for one in sorted(temperatures)]
    has_real = st.checkbox(
        _("Real tunes too, held out from all trainings"), bool(names), key="listen_real"
    )
    return (*found, *([Version(model=REAL)] if has_real else []))


def _pick_question() -> dict[str, Any]:
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
    pairs = second.number_input(
        _("Pairs for each of them") if design == "pairs" else _("Tunes for each of them"),
        2, 100, 20, key="listen_pairs",
    )  # fmt: skip
    seconds = third.number_input(
        _("Seconds of each tune"), 0, 300, 30, step=5, key="listen_seconds",
        help=_("0 plays whole tunes."),
    )  # fmt: skip
    return {
        "design": design,
        "scales": scales,
        "listeners": int(listeners),
        "pairs": int(pairs),
        "tunes": int(pairs),
        "seconds": int(seconds),
    }


def _pick_wishes() -> dict[str, Any]:
    """What is asked of all tunes, the real ones included."""
    with st.expander(_("What all tunes are to be"), icon=":material/music_note:"):
        left, middle, right = st.columns(3)
        rhythm = _any(left, _("Rhythm"), tuple(RHYTHMS), RHYTHM_NAMES, "listen_rhythm")
        meter = _any(middle, _("Meter"), RHYTHMS.get(rhythm, METERS), {}, "listen_meter")
        reach = _any(right, _("Playable on"), tuple(INSTRUMENT_RANGES), RANGE_NAMES, "listen_range")
        left, middle, right = st.columns(3)
        tonic = _any(left, _("Key"), TONICS, {}, "listen_tonic")
        mode = middle.selectbox(
            _("Mode"), tuple(MODE_NAMES), key="listen_mode", disabled=not tonic,
            format_func=lambda name: _(MODE_NAMES[name]),
        )  # fmt: skip
        first, second = right.columns(2)
        sections = first.number_input(_("Sections"), 0, 16, 0, key="listen_sections",
                                      help=_("0 leaves it open."))  # fmt: skip
        bars = second.number_input(_("Bars in a section"), 0, 64, 0, key="listen_bars",
                                   help=_("0 leaves it open."))  # fmt: skip
        st.caption(
            _("Of real tunes, rhythm and meter are asked. In one slot all tunes have one meter.")
        )
    return {
        "rhythm": rhythm,
        "meter": meter,
        "range": reach,
        "key": f"{tonic} {mode}" if tonic else "",
        "sections": int(sections),
        "bars": int(bars),
    }


def _any(place: Any, label: str, known: Sequence[str], names: dict[str, str], key: str) -> str:
    """A choice that may stay open."""
    chosen: str | None = place.selectbox(
        label, ("", *known), key=key,
        format_func=lambda name: _(names[name]) if name in names else name or _("any"),
    )  # fmt: skip
    return chosen or ""


def _pick_details(
    versions: tuple[Version, ...], *, is_paired: bool
) -> tuple[dict[str, Any], tuple[Version, ...]]:
    """The finer settings, and the versions under the names that they are to have."""
    with st.expander(_("Details"), icon=":material/tune:"):
        left, right = st.columns(2)
        values: dict[str, Any] = {
            "practice": left.checkbox(
                _("Begin with a practice pair") if is_paired else _("Begin with a practice tune"),
                True, key="listen_practice",
            ),
            "has_score": left.checkbox(_("Show the sheet music"), False, key="listen_score"),
            "same_key": left.checkbox(
                _("Move all tunes to one tonic, D"), True, key="listen_same_key"
            ),
            "checks": int(
                right.number_input(
                    _("Checks of attention"), 0, 5, 1, key="listen_checks",
                    help=_("Pairs in which one tune has its pitches drawn by chance. Whoever "
                           "prefers it more than half of the times does not count.")
                    if is_paired
                    else _("Tunes with pitches drawn by chance. Whoever rates more than half of "
                           "them above 2 does not count."),
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
                right.number_input(_("A break after"), 0, 100, 10, key="listen_break",
                                   help=_("So many answers; 0 for none."))
            ),
        }  # fmt: skip
        if is_paired:
            values["ties"] = left.checkbox(_("Listeners may be undecided"), True, key="listen_ties")
            values |= _pick_shares()
        values |= _pick_material(versions)
        named = tuple(_named(place, version) for place, version in enumerate(versions))
    return values, named


def _pick_shares() -> dict[str, Any]:
    """What the study is to find, what counts as equal, and how far tastes differ."""
    first, second, third = st.columns(3)
    difference = first.number_input(
        _("Preference to find, in percent"), 51, 95, 60, key="listen_difference",
        help=_meaning("difference"),
    )  # fmt: skip
    margin = second.number_input(
        _("Equal up to, in percent"), 51, 80, 56, key="listen_margin",
        help=_meaning("margin"),
    )  # fmt: skip
    spread = third.number_input(
        _("Spread of tastes"), 0.0, 3.0, 0.4, step=0.1, format="%.1f", key="listen_spread",
        help=_meaning("spread"),
    )  # fmt: skip
    return {"difference": difference / 100, "margin": margin / 100, "spread": float(spread)}


def _pick_material(versions: tuple[Version, ...]) -> dict[str, Any]:
    """Where real tunes come from, and the seed of all."""
    left, right = st.columns(2)
    values: dict[str, Any] = {
        "seed": int(
            left.number_input(_("Seed"), 0, 2**30, 0, key="listen_seed", help=_meaning("seed"))
        )
    }
    if any(one.model == REAL for one in versions):
        values["source"] = right.selectbox(
            _("Real tunes from"), resources.corpus_names(), key="listen_source",
            format_func=lambda name: (
                f"{name} · {SOURCES[name].title}" if name in SOURCES else plain(name)
            ),
        ) or "lab"  # fmt: skip
    return values


def _meaning(name: str) -> str:
    return _(_INFOS[name].help)


def _named(place: int, version: Version) -> Version:
    """A version under the name that it is to have in the results."""
    label = st.text_input(
        _("Name of version {number} in the results").format(number=place + 1),
        "", max_chars=_LABEL_LENGTH, placeholder=version.name,
        key=f"listen_label_{version.name}",
    )  # fmt: skip
    return replace(version, label=label.strip())


def _power_words(plan: StudyPlan) -> str:
    if not plan.settings.is_paired:
        found = plan_rating_power(plan)
        if found.smallest > MOST_RATING - 1:
            return _("{ballots:,} ratings: too few to find any difference.").format(
                ballots=found.ballots
            )
        return _("{ballots:,} ratings. With 80 % probability they find a difference of "
                 "{points:.1f} points or more between two versions.").format(
            ballots=found.ballots, points=found.smallest
        )  # fmt: skip
    power = plan_power(plan)
    if power.smallest >= 1:
        first = _("{ballots:,} ballots: too few to find any difference.").format(
            ballots=power.ballots
        )
    else:
        first = _(
            "{ballots:,} ballots. With 80 % probability they find a preference of {share:.0%} or "
            "more of one of two versions."
        ).format(ballots=power.ballots, share=power.smallest)
    if not power.listeners:
        return first
    second = ngettext(
        "For {share:.0%}, {count:,} listener would do.",
        "For {share:.0%}, {count:,} listeners would do.",
        power.listeners,
    ).format(share=power.difference, count=power.listeners)
    return f"{first} {second}"


def _teaching_words(plan: StudyPlan) -> str:
    """Whether a model can learn from the ballots afterwards."""
    models = [one.model for one in plan.versions if one.model != REAL]
    if plan.settings.is_paired and len(models) > len(set(models)):
        return _("Models of which two versions meet can learn from it.")
    return _("No model can learn from it: that needs pairs in which two versions of one model "
             "meet, at two temperatures for instance. Real tunes teach nothing here, for they are "
             "kept from trainings.")  # fmt: skip
