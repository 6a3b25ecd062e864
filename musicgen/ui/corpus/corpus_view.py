"""A corpus on the screen: its tunes, one of them drawn and played, its figures, its report."""

from dataclasses import replace
from typing import Any

import streamlit as st

from musicgen.corpus.cleaning import CleaningReport, CorpusTune
from musicgen.corpus.sources import SOURCES
from musicgen.corpus.statistics import (
    TuneFacts,
    count_figures,
    find_tunes,
    write_csv,
)
from musicgen.corpus.user_corpora import OwnCorpus, store_of
from musicgen.errors import MusicgenError
from musicgen.library.book_tune import BookTune, make_tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.safe_text import remove_controls
from musicgen.ui.base import resources, state
from musicgen.ui.base.damaged import damaged_files
from musicgen.ui.base.errors import translate
from musicgen.ui.base.failures import attempt, has_new_failure
from musicgen.ui.base.language import N_, _, ngettext
from musicgen.ui.base.links import train_link
from musicgen.ui.base.words import plain
from musicgen.ui.components.live_chart import live_chart
from musicgen.ui.components.row_table import row_table
from musicgen.ui.components.text_block import text_block
from musicgen.ui.corpus.corpus_charts import count_figure, length_figure
from musicgen.ui.corpus.corpus_words import FINDING_LABELS, OUTCOMES, outcome
from musicgen.ui.tune import rendering, viewing
from musicgen.ui.tune.any_tune import describe_tune, is_it_known, tune_files
from musicgen.ui.tune.keep_link import keep_text
from musicgen.ui.tune.music_view import as_chosen, draw_music, view_controls
from musicgen.ui.tune.practise_link import practise_link
from musicgen.ui.tune.sound_controls import sound_controls
from musicgen.ui.tune.tune_words import name_music_key

VIEWS = (N_("Tunes"), N_("Figures"), N_("Cleaning report"))
MAX_SEARCH = 100
"""Characters that can be typed to search for."""

TABLE_HEIGHT = 320


def pick_corpus() -> str:
    """The choice of corpus; empty where there is none at all."""
    names = list(resources.corpus_names())
    store = resources.corpora()
    damaged_files(store.list_damaged(), "corpus_damaged", store.delete)
    if not names:
        st.info(_("There is no corpus yet. Bring your own tunes above."), icon=":material/info:")
        return ""
    if state.CORPUS.get() not in names:
        state.CORPUS.set(names[0])
    return st.selectbox(_("Corpus"), names, key=state.CORPUS.name, format_func=_label)


def _label(name: str) -> str:
    return f"{name} · {SOURCES[name].title}" if name in SOURCES else name


def corpus_on_screen(name: str) -> None:
    """Draws the corpus of that name.

    Raises:
        CorpusError: it is gone, or damaged.
    """
    own = None if name in SOURCES else store_of(name, resources.paths()).get(name)
    is_own = own is not None and resources.corpora().has(name)  # and not one that is shared
    try:
        with st.spinner(_("Reading the corpus")):
            tunes, report, facts = resources.corpus_tunes(name)
    except MusicgenError:
        if own and is_own:
            _delete(own)
        raise
    st.caption(_about(name, own, report))
    with st.container(horizontal=True, vertical_alignment="center", key="corpus_bar"):
        view = st.segmented_control(
            _("View"), VIEWS, default=VIEWS[0], key="corpus_view", required=True,
            format_func=_, label_visibility="collapsed",
        )  # fmt: skip
        train_link(_("Train on it"), name)
        if own and is_own:
            _delete(own)
    {VIEWS[0]: _tunes, VIEWS[1]: _figures, VIEWS[2]: _report}[view or VIEWS[0]](
        name, tunes, report, facts
    )


def _about(name: str, own: OwnCorpus | None, report: CleaningReport) -> str:
    kept = ngettext("{count:,} tune", "{count:,} tunes", report.kept).format(count=report.kept)
    if own is None:
        return f"{kept} · {_(SOURCES[name].license)}"
    files = ngettext("{count} file", "{count} files", len(own.files)).format(count=len(own.files))
    made = _("made on {day}").format(day=plain(own.created[:10]))
    return f"{kept} · {files} · {made}"


def _delete(own: OwnCorpus) -> None:
    with st.popover(_("Delete"), icon=":material/delete:"):
        st.write(_("Delete this corpus for good? Models that learned from it stay."))
        st.button(
            _("Delete it"), key="corpus_delete", type="primary", on_click=_deleted, args=(own.name,)
        )


def _deleted(name: str) -> None:
    attempt(resources.corpora().delete, name)
    if not has_new_failure():
        state.CORPUS.set("")


# The tunes


def _tunes(
    name: str, tunes: list[CorpusTune], _report: CleaningReport, facts: list[TuneFacts]
) -> None:
    words = st.text_input(
        _("Search"),
        max_chars=MAX_SEARCH,
        key="corpus_search",
        placeholder=_("title, key or meter"),
        icon=":material/search:",
        label_visibility="collapsed",
    )
    named = [replace(one, key=f"{one.key} {name_music_key(one.key)}") for one in facts]
    found = find_tunes(named if words else facts, words)
    count = ngettext("{count:,} tune", "{count:,} tunes", len(found)).format(count=len(found))
    row = row_table(
        [_row(facts[place]) for place in found],
        f"corpus_tunes_{name}_{words}",
        height=TABLE_HEIGHT if len(found) > 8 else "auto",
        column_config={_("Title"): st.column_config.TextColumn(width="medium")},
    )
    advice = _("Choose one in the list to see and hear it.")
    st.caption(f"{count} · {advice}")
    if found:
        _tune(tunes[found[row if row is not None and row < len(found) else 0]])


def _row(fact: TuneFacts) -> dict[str, Any]:
    return {
        _("Title"): remove_controls(fact.title) or _("without title"),
        _("Key"): name_music_key(fact.key),
        _("Meter"): remove_controls(fact.meter),
        _("Bars"): fact.bars,
    }


def _tune(clean: CorpusTune) -> None:
    viewing.hold_viewing()
    place = st.container(key="sound")
    shown, sound = as_chosen(read_tune(clean.text)[0])
    known = _readable(clean.text)
    if known:
        st.caption(describe_tune(known, shown))
    if sound is not None:
        place.audio(sound.wav, "audio/wav")
        with st.container(horizontal=True, vertical_alignment="center", key="corpus_tune_bar"):
            practise_link(clean.text, "corpus")
            keep_text(clean.text, "corpus")
            sound_controls(shown)
            view_controls("corpus_fingering")
            if known:
                tune_files(known, "corpus")
        st.caption(
            _("To loop or rewrite bars, to change notes, title or tempo, or to vary it: keep it in "
              "the tunebook, and open it there.")
        )  # fmt: skip
        viewing.warn_of_range(shown)
        draw_music(shown, sound)
        if sound.is_fallback:
            st.caption(rendering.better_sound())
    if known:
        is_it_known(clean.text, "corpus")
    with st.expander(_("The text of the tune"), icon=":material/notes:"):
        text_block(clean.text)


def _readable(text: str) -> BookTune | None:
    """A tune as the tunebook would have it; None where it has no notes."""
    try:
        return make_tune(text)
    except MusicgenError:
        return None


# The figures


def _figures(
    name: str, _tunes: list[CorpusTune], _report: CleaningReport, facts: list[TuneFacts]
) -> None:
    figures = count_figures(facts)
    tunes = _("tunes")
    charts = (
        (_("Keys"), count_figure(figures.keys, name, tunes, _("others")), "keys"),
        (_("Meters"), count_figure(figures.meters, name, tunes, _("others")), "meters"),
        (_("Bars in a tune"), length_figure(figures.bars, name, tunes), "bars"),
    )
    for title, figure, key in charts:
        st.subheader(title, anchor=False)
        live_chart(figure, f"corpus_{key}", title, height=260)


# The report


def _report(
    name: str, _tunes: list[CorpusTune], report: CleaningReport, _facts: list[TuneFacts]
) -> None:
    counts = report.counts()
    if not counts:
        st.info(_("There was nothing to mend and nothing to leave out."), icon=":material/check:")
        return
    kinds = st.pills(
        _("Show only"),
        sorted(counts, key=lambda kind: -counts[kind]),
        selection_mode="multi",
        key=f"corpus_kinds_{name}",
        format_func=lambda kind: f"{_(FINDING_LABELS[kind])} · {counts[kind]:,}",
    )
    st.dataframe(
        [
            {
                _("File"): remove_controls(found.file),
                _("Line"): found.line,
                _("Title"): remove_controls(found.title) or "–",
                _("Outcome"): _(OUTCOMES[outcome(found.kind)]),
                _("Finding"): _(FINDING_LABELS[found.kind]),
                _("Detail"): remove_controls(translate(found.template, found.values)),
            }
            for found in report.findings
            if not kinds or found.kind in kinds
        ],
        hide_index=True,
        height=TABLE_HEIGHT if sum(counts.values()) > 8 else "auto",
        key=f"corpus_findings_{name}_{'_'.join(kinds)}",
    )
    st.download_button(
        _("Report as CSV"),
        lambda: write_csv(report.findings),
        f"{name}-report.csv",
        "text/csv",
        key="corpus_csv",
        icon=":material/download:",
        on_click="ignore",
    )
