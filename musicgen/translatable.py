"""Sentences that can be translated after they were made.

The readers of tunes and files write their remarks in English. A page shows them in the reader's
language: a `Sentence` keeps the template and the values it was made of.
"""

from collections.abc import Mapping
from typing import Any, Self


def N_(message: str) -> str:  # noqa: N802 - gettext's name for a text translated later
    """The text itself: marks it for the catalogues where it cannot be translated yet."""
    return message


class Sentence(str):
    """A string that keeps its template and the values that filled it.

    Args:
        template: The text, with places for values in braces, as `str.format` has it.
        values: What fills the places; a value may be a `Sentence` itself.
    """

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, /, **values: Any) -> Self:
        """Fills the template."""
        text = super().__new__(cls, template.format(**values) if values else template)
        text.template = template
        text.values = values
        return text
