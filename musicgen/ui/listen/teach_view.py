"""What models learned from people: teaching one, what the gate said, and the way back."""

from dataclasses import replace

import streamlit as st

from musicgen.corpus.user_corpora import PREFIX
from musicgen.jobs.adapt_service import (
    FEWEST_NEW_TUNES,
    PAIR_STEPS,
    TUNE_STEPS,
    UNSEEN_ENDING,
    AdaptPlan,
    count_new_pairs,
    find_pairs_of,
)
from musicgen.listening.verdict import CHECKS, GateVerdict
from musicgen.listening.versions import ModelLine, ModelVersion, VersionStore
from musicgen.models.checkpoint import find_checkpoint
from musicgen.names import MAX_NAME_CHARACTERS
from musicgen.training.preference_pairs import MIN_PAIRS
from musicgen.ui.base import resources, state
from musicgen.ui.base.asked import act_button
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.language import N_, _
from musicgen.ui.base.words import plain

_PEOPLE, _TUNES = "people", "tunes"
_WAYS = {_PEOPLE: N_("ballots and thumbs"), _TUNES: N_("tunes of my own")}
_LEARNED = {
    "train": N_("pairs"),
    "unseen": N_("unseen pairs"),
    "ballots": N_("ballots"),
    "thumbs": N_("thumbs"),
    "tunes": N_("new tunes"),
    "unseen tunes": N_("unseen tunes"),
}


def is_adapting() -> bool:
    """Whether a model of this server is learning from people."""
    now = resources.adaptations().snapshot()
    return now is not None and not now.status.is_final


def teach() -> None:
    """The form that lets a model learn, and the lines of versions there are."""
    box = st.expander(
        _("Let a model learn from it"), icon=":material/psychology:", key="listen_teach",
        on_change="rerun",
    )  # fmt: skip
    if box.open:
        with box:
            _form()
    for line in VersionStore(resources.paths()).lines():
        _line(line)


def _form() -> None:
    names = [ref.name for ref in resources.checkpoints()]
    books = book_names()
    ways = [_PEOPLE, _TUNES] if books else [_PEOPLE]
    left, right = st.columns(2)
    model = left.selectbox(_("Model"), names, key="listen_adapt_model")
    way = right.selectbox(
        _("What it learns from"), ways, key="listen_adapt_way",
        format_func=lambda name: _(_WAYS[name]),
        help=_("Tunes of your own are learned from Corpus, or from the Tunebook once it has "
               "{count}.").format(count=FEWEST_NEW_TUNES),
    )  # fmt: skip
    if way == _TUNES:
        st.write(
            _("It learns tunes of your own, with its own tunebook mixed in, so that it forgets "
              "nothing. A fifth of them is kept from it; the new version plays only if it knows "
              "those better, and nothing else got worse.")
        )  # fmt: skip
        book = st.selectbox(
            _("Tunes"), books, key="listen_adapt_book",
            format_func=lambda name: name or _("The tunebook"),
        )  # fmt: skip
    else:
        st.write(
            _("Ballots and thumbs on its tunes become pairs. It learns to prefer what people "
              "preferred, with its own tunebook mixed in. A fifth of the pairs is kept from it; "
              "the new version plays only if it prefers those as people did, and nothing else "
              "got worse.")
        )  # fmt: skip
        book = None
    studies = _pick_studies() if book is None else ()
    left, right = st.columns(2)
    usual = TUNE_STEPS if way == _TUNES else PAIR_STEPS
    steps = left.number_input(
        _("Steps"), 10, 5000, usual, step=10, key=f"listen_adapt_steps_{way}"
    )  # fmt: skip
    seed = right.number_input(_("Seed"), 0, 10_000, 0, key="listen_adapt_seed")
    line = st.text_input(
        _("Line of versions"),
        "",
        max_chars=MAX_NAME_CHARACTERS,
        key="listen_adapt_name",
        placeholder=AdaptPlan(model).line_name,
        help=_("The name under which the newest version plays that the gate lets through."),
    )
    plan = AdaptPlan(model, line.strip(), studies, steps=int(steps or 0), seed=int(seed or 0))
    is_enough = book is not None or _say_pairs(plan)
    act_button(
        _("Learn"), "listen_adapt", _start, plan, book,
        type="primary", icon=":material/model_training:",
        disabled=is_adapting() or not is_enough,
    )  # fmt: skip


def _pick_studies() -> tuple[str, ...]:
    """The studies whose ballots count; empty for all of them and thumbs."""
    titles = {
        info.id: f"{info.created[:10]} · {info.plan.title}"
        for info in resources.study_store().infos()
        if info.plan.settings.is_paired and info.ballots
    }
    if not titles:
        return ()
    chosen = st.multiselect(
        _("Studies"), list(titles), key="listen_adapt_studies",
        format_func=lambda study: titles.get(study, study),
        placeholder=_("All of them, and thumbs"),
    )  # fmt: skip
    return tuple(one for one in chosen if one in titles)


def _say_pairs(plan: AdaptPlan) -> bool:
    """Says how many pairs there are; whether they are enough."""
    model = resources.checkpoint(find_checkpoint(plan.model, resources.paths()))
    found = find_pairs_of(model, resources.paths(), plan.studies)
    st.caption(
        _("{pairs:,} pairs to learn from, {unseen:,} kept for the gate; from {ballots:,} ballots "
          "and {thumbs:,} thumbs. {new:,} are new since the last version.").format(
            pairs=len(found.train), unseen=len(found.unseen), ballots=found.ballots,
            thumbs=found.thumbs, new=count_new_pairs(plan, resources.paths(), found),
        )
    )  # fmt: skip
    if len(found.train) >= MIN_PAIRS:
        return True
    st.caption(
        _("At least {count} are needed. They come from thumbs on Play and Endless, and from "
          "studies in which two versions of this model meet.").format(count=MIN_PAIRS)
    )  # fmt: skip
    return False


def book_names() -> list[str]:
    """Tunes of one's own that can be learned: corpora by name, and the tunebook, which is empty.

    Corpora that an earlier learning made are left out.
    """
    runs = {run.id for run in resources.store().list()}
    own = [corpus.name for corpus in resources.corpora().list()]
    corpora = [name for name in own if name.removesuffix(UNSEEN_ENDING) not in runs]
    return (["", *corpora]) if resources.tunebook().count() >= FEWEST_NEW_TUNES else corpora


def _start(plan: AdaptPlan, book: str | None) -> None:
    """Begins to learn, from people if there is no book."""
    if book is not None:
        texts = (
            [tune.text for tune in resources.corpus_tunes(f"{PREFIX}{book}")[0]]
            if book
            else [tune.text for tune in resources.tunebook().tunes()]
        )
        data = "\n\n".join(text.strip("\n") for text in texts).encode("utf-8")
        plan = replace(plan, tunes=(book or "tunebook", data))
    resources.require_disk()
    resources.adaptations().start(plan)


def live_adaptation() -> None:
    """How far a model is that learns; in the fragment that ticks."""
    now = resources.adaptations().snapshot()
    if now is None:
        return
    if now.error:
        st.warning(sentence(now.error), icon=":material/warning:")
    elif now.verdict and state.ADAPTED.get() == now.number:
        _say(now.verdict, now.run, now.plan.line_name)
    if now.status.is_final:
        return
    with st.container(border=True, key="listen_adapting"):
        what = (
            _("the gate looks at {name}").format(name=plain(now.run))
            if now.is_judging
            else _("{name} learns; its curves are on Train").format(
                name=plain(now.run or now.plan.model)
            )
        )
        st.progress(now.share, f"{what} · {now.share:.0%}")
        st.button(
            _("Cancel"),
            key="listen_adapt_cancel",
            icon=":material/stop:",
            on_click=resources.adaptations().cancel,
        )


def seen_adaptation() -> tuple[int, bool] | None:
    """What the rest of the page depends on: which adaptation, and whether it is over."""
    now = resources.adaptations().snapshot()
    if now and not now.status.is_final:
        state.ADAPTED.set(now.number)
    return (now.number, now.status.is_final) if now else None


def _say(verdict: GateVerdict, run: str, line: str) -> None:
    if verdict.is_accepted:
        st.success(
            _("{run} plays as {line} now.").format(run=plain(run), line=plain(line)),
            icon=":material/done_all:",
        )
        return
    failed = ", ".join(_(CHECKS[one.name]) for one in verdict.checks if not one.is_passed)
    st.info(
        _("{run} is kept aside, and {line} plays as before. What did not pass: {failed}.").format(
            run=plain(run), line=plain(line), failed=failed
        ),
        icon=":material/back_hand:",
    )


def _line(line: ModelLine) -> None:
    box = st.expander(
        _("Versions of {name}").format(name=plain(line.name)), icon=":material/history:",
        key=f"listen_line_{line.name}", on_change="rerun",
    )  # fmt: skip
    if box.open:
        with box:
            _versions(line)


def _versions(line: ModelLine) -> None:
    plays = _("plays")
    st.table(
        {
            _("Version"): [
                plain(one.model) + (f" ({plays})" if one.model == line.current else "")
                for one in line.versions
            ],
            _("Made"): [one.created[:10] for one in line.versions],
            _("Learned from"): [_write_learned(one) for one in line.versions],
            _("Gate"): [_write_gate(one) for one in line.versions],
        },
        border="horizontal",
        hide_index=True,
    )
    newest = line.versions[-1]
    if newest.verdict.checks:
        _checks(newest.verdict)
    others = [one.model for one in reversed(line.versions) if one.model != line.current]
    if not others:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = st.selectbox(
            _("Another version"), others, key=f"listen_version_{line.name}", width=320
        )
        act_button(
            _("Let it play"), f"listen_use_{line.name}", _use, line.name, wanted,
            icon=":material/undo:",
        )  # fmt: skip


def _use(line: str, model: str) -> None:
    VersionStore(resources.paths()).choose(line, model)


def _checks(verdict: GateVerdict) -> None:
    st.table(
        {
            _("What the gate asked of the newest"): [_(CHECKS[one.name]) for one in verdict.checks],
            _("Before"): [f"{one.before:.3f}" for one in verdict.checks],
            _("After"): [f"{one.after:.3f}" for one in verdict.checks],
            _("Passed"): [_("yes") if one.is_passed else _("no") for one in verdict.checks],
        },
        border="horizontal",
        hide_index=True,
    )


def _write_learned(one: ModelVersion) -> str:
    parts = [
        f"{one.learned[name]:,} {_(label)}" for name, label in _LEARNED.items()
        if isinstance(one.learned.get(name), int)
    ]  # fmt: skip
    return ", ".join(parts) or "–"


def _write_gate(one: ModelVersion) -> str:
    if not one.verdict.checks:
        return "–"
    failed = [_(CHECKS[check.name]) for check in one.verdict.checks if not check.is_passed]
    return _("kept aside: {failed}").format(failed=", ".join(failed)) if failed else _("passed")
