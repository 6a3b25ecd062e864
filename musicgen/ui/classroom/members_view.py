"""Members and limits of the class: added, given a new code, removed; what each may ask for."""

import csv
import io
from dataclasses import asdict
from typing import Any

import streamlit as st

from musicgen.classroom.limits import Limits
from musicgen.classroom.roster import PUPIL, TEACHER, Classroom, NewCode
from musicgen.config import SettingInfo, describe
from musicgen.ui.base import membership, resources, state
from musicgen.ui.base.asked import act_button
from musicgen.ui.base.failures import attempt
from musicgen.ui.base.language import N_, _
from musicgen.ui.base.words import plain

MAX_NAMES = 8_000
"""Characters of a list of names that is typed or pasted."""

LIMIT_LABELS = {
    "parameters": N_("Parameters of a network"),
    "steps": N_("Steps of a training"),
    "trainings": N_("Trainings at once"),
    "upload_mb": N_("Upload in MB"),
    "disk_mb": N_("Disk in MB"),
    "drawings": N_("Drawings of a tune"),
    "slice_s": N_("Turn in seconds"),
}


def members_and_limits(room: Classroom) -> None:
    """What a teacher changes of the class, and the codes that were just made."""
    _new_codes()
    with st.expander(_("Members"), icon=":material/person_add:"):
        _add_form()
        _change_one(room)
    with st.expander(_("Limits"), icon=":material/speed:"):
        _limits_form(room.limits)


def _new_codes() -> None:
    """Codes are on the page until it is left, and nowhere else."""
    made: tuple[NewCode, ...] = state.CLASS_CODES.get()
    if not made:
        return
    st.warning(
        _("Write these codes down or take the list: they are shown this once."),
        icon=":material/key:",
    )
    st.table(
        {
            _("Name"): [plain(one.member.name) for one in made],
            _("Code"): [f"`{one.code}`" for one in made],
        },
        border="horizontal",
        hide_index=True,
    )
    with st.container(horizontal=True):
        st.download_button(
            _("All codes (CSV)"), _write_codes(made), "codes.csv", "text/csv",
            key="classroom_codes", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
        st.button(_("I have them"), key="classroom_codes_seen", on_click=state.CLASS_CODES.set,
                  args=((),))  # fmt: skip


def _write_codes(made: tuple[NewCode, ...]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow((_("Name"), _("Code")))
    for one in made:
        is_formula = one.member.name[0] in "=+-@"  # as a spreadsheet would read it
        writer.writerow((f"'{one.member.name}" if is_formula else one.member.name, one.code))
    return text.getvalue().encode("utf-8-sig")


def _add_form() -> None:
    st.text_area(
        _("Names, one a line"), max_chars=MAX_NAMES, key="classroom_names", height=120,
        placeholder="Anna\nBen",
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            _("Address of the school account"), max_chars=200, key="classroom_account",
            help=_("Only where the school's own login is set up: for one member at a time."),
            placeholder="anna@school.example",
        )  # fmt: skip
        st.checkbox(_("They are teachers"), key="classroom_as_teacher")
        st.button(
            _("Add"), key="classroom_add", type="primary", icon=":material/person_add:",
            on_click=attempt, args=(_add,),
        )  # fmt: skip


def _add() -> None:
    names = [line for line in st.session_state["classroom_names"].splitlines() if line.strip()]
    account = st.session_state["classroom_account"].strip()
    role = TEACHER if st.session_state["classroom_as_teacher"] else PUPIL
    made = membership.class_store().add(names, role, account if len(names) == 1 else "")
    state.CLASS_CODES.set((*state.CLASS_CODES.get(), *made))
    st.session_state["classroom_names"] = st.session_state["classroom_account"] = ""


def _change_one(room: Classroom) -> None:
    names = [member.name for member in room.members]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(_("Member"), names, key="classroom_changed", width=240)
        if name not in names:
            return
        act_button(
            _("New code"), "classroom_new_code", _renew, name, icon=":material/key:"
        )  # fmt: skip
        with st.popover(_("Remove"), icon=":material/person_remove:"):
            st.write(
                _("Remove {name} from the class? Their work stays on the disk unless you say "
                  "otherwise.").format(name=f"**{plain(name)}**")
            )  # fmt: skip
            st.checkbox(_("Delete their work as well"), key="classroom_with_work")
            st.button(
                _("Remove for good"), key="classroom_remove", type="primary", on_click=attempt,
                args=(_remove, name),
            )  # fmt: skip


def _renew(name: str) -> None:
    made = membership.class_store().renew_code(name)
    others = [one for one in state.CLASS_CODES.get() if one.member.id != made.member.id]
    state.CLASS_CODES.set((*others, made))


def _remove(name: str) -> None:
    store = membership.class_store()
    registry = resources.registries().get(store.paths_of(store.read().get(name)))
    member = store.remove(name)
    for job in registry.jobs() if registry and not member.is_teacher else ():
        job.cancel()
        job.wait(_SAVING_S)
    if st.session_state["classroom_with_work"]:
        store.delete_work(member)
    st.session_state["classroom_with_work"] = False


_SAVING_S = 20.0
"""For how long the last save of somebody who is removed is waited for."""


def _limits_form(limits: Limits) -> None:
    with st.form("classroom_limits", border=False):
        for info in describe(Limits):
            _limit_field(info, asdict(limits)[info.name])
        st.form_submit_button(_("Save"), on_click=attempt, args=(_save_limits,))


def _limit_field(info: SettingInfo, value: Any) -> None:
    st.number_input(
        _(LIMIT_LABELS[info.name]), int(info.low or 0), int(info.high or 0), value, 1,
        key=f"classroom_limit_{info.name}", help=_(info.help),
    )  # fmt: skip


def _save_limits() -> None:
    values = {
        info.name: int(st.session_state[f"classroom_limit_{info.name}"])
        for info in describe(Limits)
    }
    limits = Limits.from_dict(values)
    membership.class_store().set_limits(limits)
    resources.set_slices(limits)
