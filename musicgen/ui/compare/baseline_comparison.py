"""The table of the studies: baseline beside improved, from real runs."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from musicgen.errors import MusicgenError
from musicgen.evaluation.measures.fluency import FLUENCY_TEMPERATURE, FluencyReport, measure_fluency
from musicgen.models.checkpoint import Checkpoint
from musicgen.presets import PRESETS
from musicgen.training.runs.run import Run, RunInfo
from musicgen.training.runs.studies import (
    DEFAULT_TUNES,
    MAX_STUDY_TUNES,
    STUDIES,
    choose_run,
    find_departures,
    find_network,
    keep_fluency,
    list_study_runs,
    write_study,
)
from musicgen.training.runs.summary import RunSummary, read_fluency
from musicgen.ui.base import resources
from musicgen.ui.base.asked import answered, ask_button
from musicgen.ui.base.errors import show_error
from musicgen.ui.base.labels import SETTING_LABELS
from musicgen.ui.base.language import _, ngettext
from musicgen.ui.base.links import train_link
from musicgen.ui.base.words import plain
from musicgen.ui.compare import run_data


def study_table() -> None:
    """Convergence, stability, losses, fluency and time of one run of each study."""
    by_study = list_study_runs(resources.store(), resources.paths())
    missing = [name for name in STUDIES if not by_study[name]]
    if missing:
        _empty(missing)
    if len(missing) == len(STUDIES):
        return
    chosen = _choose(by_study)
    summaries = _summaries(chosen)
    if not summaries:
        return
    fluency = {name: _kept_fluency(summary) for name, summary in summaries.items()}
    slot = st.empty()
    _draw(slot, summaries, fluency)
    _remarks(summaries)
    _measure(slot, summaries, fluency)


def _summaries(chosen: dict[str, RunInfo]) -> dict[str, RunSummary]:
    """The figures of the chosen runs; of one that is damaged or gone the sentence that says so."""
    found = {}
    for name, info in chosen.items():
        try:
            found[name] = run_data.summary(info.id)
        except MusicgenError as error:
            show_error(error, st.container())
    return found


def _empty(missing: list[str]) -> None:
    with st.container(border=True, key="empty"):
        st.subheader(_("No run of {names} yet").format(names=_(" or ").join(missing)), anchor=False)
        for name in missing:
            st.write(f"**{name}**: {_(PRESETS[name].meaning)}")
        st.write(_("Train both with the presets of these names: the table fills itself from them."))
        train_link()


def _choose(by_study: dict[str, list[RunInfo]]) -> dict[str, RunInfo]:
    """One run of each study: the newest that is finished, unless another one is chosen."""
    chosen = {}
    for column, name in zip(st.columns(2), STUDIES, strict=True):
        runs = {info.id: info for info in by_study[name]}
        if not runs:
            continue
        first = list(runs).index(choose_run(by_study[name]).id)
        picked = column.selectbox(
            name, list(runs), first, key=f"study_{name}", format_func=run_data.label
        )
        chosen[name] = runs[picked or next(iter(runs))]
    return chosen


def _draw(
    slot: DeltaGenerator, summaries: dict[str, RunSummary], fluency: dict[str, FluencyReport | None]
) -> None:
    columns = {name: write_study(summary, fluency[name], _) for name, summary in summaries.items()}
    labels = list(next(iter(columns.values())))
    values = {name: list(column.values()) for name, column in columns.items()}
    slot.table({" ": labels} | values, border="horizontal", hide_index=True)


def _remarks(summaries: dict[str, RunSummary]) -> None:
    for summary in summaries.values():
        told = find_departures(summary)
        if told:
            words = ", ".join(
                _("{setting} {now} instead of {was}").format(
                    setting=_(SETTING_LABELS.get(key, key)),
                    now=plain(f"{now}"),
                    was=plain(f"{was}"),
                )
                for key, (was, now) in told.items()
            )
            st.caption(
                _("{run} departs from its preset: {settings}.").format(
                    run=plain(run_data.label(summary.info.id)), settings=words
                )
            )
    with st.expander(_("How these figures are made"), icon=":material/functions:"):
        st.markdown(
            _(
                "- **Convergence**: the first look at held-out tunes whose loss is within 5 % of "
                "the best one, L ≤ 1.05 · min L.\n"
                "- **Stability**: σ, the standard deviation of the training loss over the last "
                "10 % of the steps; lower is calmer.\n"
                "- **Final training loss**: its mean over the same steps. **Best**: the lowest of "
                "any one batch.\n"
                "- **Fluency**: share of tunes in which every bar keeps time, composed without the "
                "grammar at temperature 0.8, seeds from 1 on, with the best network of the run; of "
                "a bundled one with the weights it ended with.\n\n"
                "Losses are in nats per character. Perplexity is e to the best held-out loss."
            )
        )


def _kept_fluency(summary: RunSummary) -> FluencyReport | None:
    checkpoint = _best_checkpoint(summary)
    return read_fluency(Run(summary.info.path), checkpoint.fingerprint) if checkpoint else None


def _best_checkpoint(summary: RunSummary) -> Checkpoint | None:
    ref = find_network(summary.info)
    try:
        return resources.checkpoint(ref) if ref else None
    except MusicgenError:  # damaged, or gone since it was found
        return None


def _measure(
    slot: DeltaGenerator, summaries: dict[str, RunSummary], fluency: dict[str, FluencyReport | None]
) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="fluency"):
        count = st.number_input(
            _("Tunes to judge"), 1, MAX_STUDY_TUNES, DEFAULT_TUNES, key="study_count", width=160
        )
        is_asked = ask_button(_("Measure fluency"), "study_measure", icon=":material/graphic_eq:")
    if is_asked:
        with answered("study_measure"):
            _measure_all(slot, summaries, fluency, count)


def _measure_all(
    slot: DeltaGenerator,
    summaries: dict[str, RunSummary],
    fluency: dict[str, FluencyReport | None],
    count: int,
) -> None:
    bar = st.progress(0.0)
    for place, (name, summary) in enumerate(summaries.items()):
        checkpoint = _best_checkpoint(summary)
        if checkpoint is None:
            continue
        report = _measure_one(bar, checkpoint, count, (place, len(summaries)))
        fluency[name] = report
        try:
            keep_fluency(summary.info, report)
        except MusicgenError as error:
            show_error(error, st.container())
        _draw(slot, summaries, fluency)
    bar.empty()


def _measure_one(
    bar: DeltaGenerator, checkpoint: Checkpoint, count: int, place: tuple[int, int]
) -> FluencyReport:
    def show(done: int) -> None:
        text = ngettext("{name}: {done} of {count} tune", "{name}: {done} of {count} tunes", count)
        share = (place[0] + done / count) / place[1]
        bar.progress(share, text.format(name=plain(checkpoint.name), done=done, count=count))

    show(0)
    return measure_fluency(checkpoint, count, show, FLUENCY_TEMPERATURE)
