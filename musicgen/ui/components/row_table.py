"""A table whose rows are chosen, by a click on anything in them."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st


def row_table(
    data: Sequence[Mapping[str, Any]] | Mapping[str, Sequence[Any]],
    key: str,
    on_choose: Callable[[int], None] | None = None,
    **options: Any,
) -> int | None:
    """Draws a table of which one row can be chosen; the number of that row, None where none is.

    Streamlit chooses a row by the box before it alone. Who clicks on a title means its row as well.

    Args:
        data: Rows, or columns by their names.
        key: Of the widget.
        on_choose: Called with the number of a row that has just been chosen.
        options: Of `st.dataframe`.
    """
    table = st.dataframe(
        data, key=key, hide_index=True, on_select=partial(_choose, key, on_choose),
        selection_mode=("single-row", "single-cell"), **options,
    )  # fmt: skip
    return chosen_row(table["selection"])


def chosen_row(selection: Mapping[str, Any]) -> int | None:
    """The row that a selection of `st.dataframe` means: that of a cell before that of a box."""
    for row, _column in selection.get("cells", ()):
        return int(row)
    return next(iter(selection.get("rows", ())), None)


def _choose(key: str, on_choose: Callable[[int], None] | None) -> None:
    """Chooses the row of a cell that was clicked, so that its box shows it."""
    selection = st.session_state[key]["selection"]
    row = chosen_row(selection)
    if row is not None and selection["cells"]:
        st.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    if row is not None and on_choose:
        on_choose(row)
