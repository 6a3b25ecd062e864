"""What a bar line means: repeats before and after it, double lines, and how to write it plainly.

The standard asks readers to be liberal with bar lines (ABC 2.1 §4.8): any run of ``|``, ``:``,
``[`` and ``]`` is one.
"""

MAX_REPEATS = 8


def count_repeats(line: str) -> int:
    """How many times more the music before the line is played: ``:|`` 1, ``::|`` 2, at most 8.

    A line of colons alone closes one section and opens the next: ``::`` is 1.
    """
    if not line.startswith(":"):
        return 0
    if not line.strip(":"):
        return max(1, min(MAX_REPEATS, len(line) // 2))
    return min(MAX_REPEATS, len(line) - len(line.lstrip(":")))


def opens_repeat(line: str) -> bool:
    """Whether a section to repeat begins behind the line: ``|:``, ``::``, ``:|:``."""
    return line.endswith(":") and len(line) > 1


def is_double(line: str) -> bool:
    """Whether the line is a double one: ``||``, ``|]``, ``[|``; the invisible ``[|]`` is not."""
    visible = line.replace("[|]", "|") if line != "[|]|]" else "|]"
    return "||" in visible or "|]" in visible or "[|" in visible


def is_closing(line: str) -> bool:
    """Whether the line ends a section: a repeat or a double bar line."""
    return count_repeats(line) > 0 or is_double(line)


def canonical(line: str) -> str:
    """The line as every program understands it; empty for none."""
    repeats, opens = count_repeats(line), opens_repeat(line)
    if repeats and opens:
        return "::"
    if repeats:
        return ":" * repeats + "|"
    if opens:
        return "|:"
    if line in ("", "|", "||", "|]", "[|", "[|]"):
        return line
    if is_double(line):
        return "|]" if line.endswith("]") else "||"
    return "|"
