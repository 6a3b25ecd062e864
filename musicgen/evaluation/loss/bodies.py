"""Where the music begins in the text of a tune."""

import re

_KEY_LINE = re.compile(r"^K:.*\n", re.MULTILINE)


def body_start(text: str) -> int:
    """Where the body begins in the text of a tune; 0 when it has no key field."""
    match = _KEY_LINE.search(text)
    return match.end() if match else 0
