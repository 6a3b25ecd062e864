"""Sentences that can be said in another language after they were made.

The readers of tunes and files make their remarks in English. A page says them in the reader's
language: for that a remark remembers the template and the values it was made of.
"""

from collections.abc import Mapping
from typing import Any, Self


class Sentence(str):
    """A text that remembers its template and what filled it; to all others it is a plain string.

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
