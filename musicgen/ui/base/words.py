"""Words of others on our pages: titles and names are text, whatever signs are in them."""

import re

from musicgen.safe_text import remove_controls

_JOINER = "\u2060"
"""WORD JOINER: invisible; the characters on its two sides are not read as one sign."""

_SIGNS = re.compile(r"[\\`*\[\]<~|$]|(?<![^\W_])_|_(?![^\W_])|&(?=[#\w])|:(?=[A-Za-z])")
"""What Markdown and Streamlit's directives read inside a line."""

_LINE_START = re.compile(r"^(\s*)(?=[#>+=-])|^(\s*\d+)(?=[.)](?:\s|$))")
"""What makes a line a heading, a list, a quotation or a formula."""

_LOOKED_FOR = re.compile(
    r"(?<=:)(?=//|[\w+/-]+:|material/)|(?<=[Ww]{3})(?=\.)|(?<=@)(?=\w)|(?<=[<>~-])(?=[<>=-])"
)
"""Where addresses, icons and arrows are looked for in the text that Markdown has left, where a
backslash is of no use any more."""


def plain(text: str) -> str:
    """A text that Markdown shows as it is: no link, picture, formula or icon comes of it."""
    parts = _LOOKED_FOR.split(remove_controls(text))
    escaped = _JOINER.join(_SIGNS.sub(r"\\\g<0>", part) for part in parts)
    return _LINE_START.sub(r"\1\2\\", escaped)


def chart_text(text: str) -> str:
    """A text that Plotly, which reads some HTML in names and labels, shows as it is."""
    return remove_controls(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
