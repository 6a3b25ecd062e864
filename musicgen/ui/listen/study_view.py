"""A study for whoever made it: the link for listeners, the count so far, and files of it."""

import math
from urllib.parse import urlsplit

import streamlit as st

from musicgen.errors import MusicgenError
from musicgen.listening.export import FORMATS, describe, export, write_figure, write_share
from musicgen.listening.plan import PAIR_QUESTIONS, RATING_QUESTIONS
from musicgen.listening.pooling import pool
from musicgen.listening.results import StudyResult, count
from musicgen.listening.store import StudyInfo, StudyStore
from musicgen.ui.base import resources, state
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.failures import attempt
from musicgen.ui.base.language import LANGUAGE_TAGS, _, current_language
from musicgen.ui.base.words import plain
from musicgen.ui.components.live_chart import live_chart
from musicgen.ui.components.text_block import text_block
from musicgen.ui.listen.study_charts import chart_height, pooled_figure, strength_figure

STUDY_PARAMETER = "study"
"""What the address of a listener's page calls the study."""

_MIMES = {"csv": "text/csv", "json": "application/json", "html": "text/html"}
_MOST_LISTENERS_SHOWN = 200
_ONLY_HERE = ("localhost", "127.0.0.1", "::1")
_MOST_FILES = 8
"""Studies kept as files for all sessions."""


def study_on_screen(infos: list[StudyInfo]) -> None:
    """The study that was chosen, else the newest.

    Args:
        infos: All studies, the newest first; at least one.
    """
    info = _pick(infos)
    _link(info)
    store = resources.study_store()
    ballots = store.ballots(info.id)
    result = count(info.plan, ballots, store.numbers(info.id), is_final=info.is_final)
    _facts(info, result)
    if result.listeners:
        _tables(result)
        _listeners(result)
    _files(store, info, len(ballots), is_complete=result.look.is_last)
    if len(infos) > 1:
        _pooled(store, infos)


def _pick(infos: list[StudyInfo]) -> StudyInfo:
    by_id = {info.id: info for info in infos}
    if state.STUDY.get() not in by_id:
        state.STUDY.set(infos[0].id)
    labels = {info.id: f"{info.created[:10]} · {info.plan.title}" for info in infos}
    if len(infos) > 1:
        st.selectbox(_("Study"), list(by_id), key=state.STUDY.name, format_func=labels.__getitem__)
    return by_id[state.STUDY.get()]


def _link(info: StudyInfo) -> None:
    st.subheader(plain(info.plan.title), anchor=False)
    if not info.is_open:
        st.info(
            _("This study was closed for good, and is counted as it was.")
            if info.is_final
            else _("This study is closed: it takes no further ballots."),
            icon=":material/lock:",
        )
        return
    st.write(_("Listeners follow this link:"))
    base = (st.context.url or "").partition("?")[0].rstrip("/")
    address = base if base.endswith("/Listen") else f"{base}/Listen"
    text_block(f"{address}?{STUDY_PARAMETER}={info.id}")
    if urlsplit(address).hostname in _ONLY_HERE:
        st.caption(
            _("This address works on this computer alone. For listeners elsewhere, start the "
              "server with {command}, and open this page by the address of this computer in the "
              "network.").format(command="`python -m musicgen app --host 0.0.0.0`")
        )  # fmt: skip


def _facts(info: StudyInfo, result: StudyResult) -> None:
    questions = PAIR_QUESTIONS if info.plan.settings.is_paired else RATING_QUESTIONS
    st.write(plain(" ".join(_(questions[name]) for name in info.plan.settings.scale_names)))
    planned = info.plan.planned_ballots
    st.progress(
        min(1.0, result.ballots / planned),
        _("{given:,} of {planned:,} ballots").format(given=result.ballots, planned=planned),
    )
    st.caption(" ".join(plain(fact) for fact in describe(result, _)))
    if not result.look.number and result.listeners and not result.look.is_early:
        st.info(
            _("The count waits for the first look, so that nobody stops the study when the result "
              "pleases."),
            icon=":material/hourglass_top:",
        )  # fmt: skip


def _tables(result: StudyResult) -> None:
    if not result.look.number:
        return
    if result.versions:
        live_chart(
            strength_figure(result), "listen_strengths",
            _("Strengths of the versions with their 95 % intervals"),
            chart_height(len(result.versions)),
        )  # fmt: skip
        st.caption(
            _("A difference of 0.4 is a preference of 60 %, one of 1.1 a preference of 75 %.")
        )
        st.table(
            {
                _("Version"): [plain(one.name) for one in result.versions],
                _("Won"): [one.won for one in result.versions],
                _("Lost"): [one.lost for one in result.versions],
                _("Tied"): [one.tied for one in result.versions],
                _("Strength (log-odds, 95 %)"): [
                    write_figure(one.strength) for one in result.versions
                ],
            },
            border="horizontal",
            hide_index=True,
        )
        st.table(
            {
                _("Pair"): [plain(f"{one.first} / {one.second}") for one in result.pairs],
                _("Preferred to the second (95 %)"): [
                    write_share(one.preference) for one in result.pairs
                ],
                _("Verdict"): [
                    _("different") if one.is_different
                    else _("equal within the margin") if one.is_equal
                    else _("not decided")
                    for one in result.pairs
                ],
            },
            border="horizontal",
            hide_index=True,
        )  # fmt: skip
    if result.ratings:
        st.table(
            {
                _("Scale"): [_(RATING_QUESTIONS[one.scale]) for one in result.ratings],
                _("Version"): [plain(one.name) for one in result.ratings],
                _("Ratings"): [one.count for one in result.ratings],
                _("Mean of 1 to 5 (95 %)"): [write_figure(one.mean) for one in result.ratings],
                _("Above the first version (95 %)"): [
                    write_figure(one.difference) for one in result.ratings
                ],
            },
            border="horizontal",
            hide_index=True,
        )


def _listeners(result: StudyResult) -> None:
    if not result.look.number:
        return
    rows = result.listeners[:_MOST_LISTENERS_SHOWN]
    with st.expander(_("Listeners"), icon=":material/groups:"):
        columns: dict[str, list[str]] = {
            _("Listener"): [f"{one.number}" for one in rows],
            _("Ballots"): [f"{one.ballots}" for one in rows],
        }
        for place, version in enumerate(result.plan.versions):
            scores = [one.scores[place] for one in rows]
            columns[plain(version.name)] = ["–" if s is None else f"{s:.2f}" for s in scores]
        columns |= {
            _("Median time (s)"): [
                f"{one.median_s:.1f}" if math.isfinite(one.median_s) else "–" for one in rows
            ],
            _("Failed checks"): [
                f"{one.failed_checks}" + ("" if one.is_counted else f" ({_('does not count')})")
                for one in rows
            ],
            _("Years of playing"): ["–" if one.years is None else f"{one.years}" for one in rows],
        }
        st.table(columns, border="horizontal", hide_index=True)
        st.caption(_("Of a version: the share of its pairs that it won, a tie as a half."))


@st.cache_data(max_entries=_MOST_FILES, show_spinner=False)
def _made(
    study: str,
    ballots: int,  # noqa: ARG001 - in the cache's key
    is_final: bool,  # noqa: ARG001 - in the cache's key
    language: str,
    _store: StudyStore,
) -> dict[str, bytes]:
    """The files of a study after so many ballots, in the reader's language."""
    info = _store.get(study)
    tag = LANGUAGE_TAGS[language]
    return {name: export(_store, info, name, _, tag) for name in FORMATS}


def _files(store: StudyStore, info: StudyInfo, ballots: int, *, is_complete: bool) -> None:
    # Files made at the click can be gone at the next tick, before they are fetched.
    made = _made(info.id, ballots, info.is_final, current_language(), store)
    labels = {"csv": _("Ballots (CSV)"), "json": _("All (JSON)"), "html": _("A page to print")}
    with st.container(horizontal=True, vertical_alignment="center", key="listen_files"):
        for name in FORMATS:
            st.download_button(
                labels[name],
                made[name],
                f"study-{info.id}.{name}",
                _MIMES[name],
                key=f"listen_{name}",
                icon=":material/download:",
                on_click="ignore",
            )
        if not info.is_final:
            st.button(
                _("Close the study") if info.is_open else _("Open it again"),
                key="listen_close",
                icon=":material/lock:" if info.is_open else ":material/lock_open:",
                on_click=attempt,
                args=(_turn, info),
            )
            if not is_complete:
                _offer_end(info)
        with st.popover(_("Delete"), icon=":material/delete:"):
            st.write(_("Delete this study with its tunes and ballots? There is no way back."))
            st.button(
                _("Delete for good"),
                key="listen_delete",
                type="primary",
                on_click=attempt,
                args=(store.delete, info.id),
            )


def _offer_end(info: StudyInfo) -> None:
    """A study that will not get all its listeners is counted as it is, once and for all."""
    with st.popover(_("Count it as it is"), icon=":material/done_all:"):
        st.write(
            _("Closes the study for good, and counts the ballots that there are. It cannot be "
              "opened again: to go on until the result pleases would find differences that are "
              "not there.")
        )  # fmt: skip
        st.button(
            _("Close for good"),
            key="listen_finish",
            type="primary",
            on_click=attempt,
            args=(resources.study_store().finish, info.id),
        )


def _turn(info: StudyInfo) -> None:
    resources.study_store().close(info.id, is_open=not info.is_open)


def _pooled(store: StudyStore, infos: list[StudyInfo]) -> None:
    """All studies that ask what this one asks, counted as one."""
    chosen = next(info for info in infos if info.id == state.STUDY.get())
    settings = chosen.plan.settings
    same = [
        info for info in infos
        if info.ballots and (info.plan.settings.design, info.plan.settings.scales)
        == (settings.design, settings.scales)
    ]  # fmt: skip
    if len(same) < 2 or not settings.is_paired:
        return
    with st.expander(_("All studies that ask this, as one"), icon=":material/timeline:"):
        try:
            versions = pool(store, same)
        except MusicgenError as error:
            st.caption(sentence(error))
            return
        live_chart(
            pooled_figure(versions), "listen_pooled",
            _("Strengths of the versions, by the day on which each was first heard"),
            chart_height(len(versions)),
        )  # fmt: skip
        st.table(
            {
                _("First heard"): [one.first_heard for one in versions],
                _("Version"): [plain(one.name) for one in versions],
                _("Ballots"): [one.ballots for one in versions],
                _("Strength (log-odds, 95 %)"): [write_figure(one.strength) for one in versions],
            },
            border="horizontal",
            hide_index=True,
        )
