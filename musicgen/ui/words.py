"""Words of others on our pages: titles and names are text, whatever signs are in them."""

import re

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")


def plain(text: str) -> str:
    """A text that Markdown shows as it is: no link, picture, formula or icon comes of it."""
    return _MARKDOWN.sub(r"\\\1", text.replace("\n", " "))
