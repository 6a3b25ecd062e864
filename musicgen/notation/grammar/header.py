"""The header, one character at a time: ``X: T: Z: R: M: L: K:`` in this order.

``X:``, ``M:`` and ``K:`` are never missing; ``R:`` is written where a rhythm is asked for, ``L:``
where the meter's own unit length does not do.
"""

from musicgen.notation.grammar.alphabet import REFERENCE_DIGITS, TEXT_LIMIT, Script
from musicgen.notation.grammar.rules import bar_ticks
from musicgen.notation.grammar.sections import make_plan
from musicgen.notation.grammar.states import Form, Header, Music

_NOT_IN_WORDS = frozenset("\n%\\|")


def feed_header(script: Script, header: Header, character: str) -> Header | Music | None:
    """The state after a character, None where it may not stand."""
    if not header.field:
        is_next = character in next_fields(script, header)
        return header._replace(field=character) if is_next else None
    if not header.has_colon:
        return header._replace(has_colon=True) if character == ":" else None
    if character == "\n":
        return _end_field(script, header) if _is_whole(script, header) else None
    return _feed_value(script, header, character)


def next_fields(script: Script, header: Header) -> str:
    """Letters of the fields that may come next."""
    seen = header.seen
    if not seen:
        return "X"
    if "M" not in seen:
        needs_rhythm = bool(script.rules.rhythm) and "R" not in seen
        words = ("" if "Z" in seen or "R" in seen else "Z") + ("T" if seen == "X" else "")
        return words + ("R" if needs_rhythm else "M")
    if "L" not in seen:
        units = script.units(header.meter)
        return ("K" if "" in units else "") + ("L" if any(units) else "")
    return "K"


def choices(script: Script, header: Header) -> tuple[str, ...]:
    """Values from which the field must take its own; none where it may be any words."""
    if header.field == "M":
        return script.meters
    if header.field == "L":
        return tuple(unit for unit in script.units(header.meter) if unit)
    if header.field == "K":
        return script.keys
    return (script.rules.rhythm,) if header.field == "R" else ()


def _feed_value(script: Script, header: Header, character: str) -> Header | None:
    text = header.text
    if header.field == "X":
        is_right = character.isascii() and character.isdigit() and len(text) < REFERENCE_DIGITS
        return header._replace(text=text + character) if is_right else None
    if header.field in "TZ":
        return header._replace(text=text + _blank(character)) if _is_word(text, character) else None
    longer = (text + character).removeprefix(" ")
    return header._replace(text=text + character) if _is_ahead(script, header, longer) else None


def _is_ahead(script: Script, header: Header, prefix: str) -> bool:
    """Whether a value of the field begins like this; of keys there are hundreds."""
    if header.field == "K":
        return prefix in script.key_beginnings
    return any(value.startswith(prefix) for value in choices(script, header))


def _blank(character: str) -> str:
    return " " if character == " " else "x"


def _is_word(text: str, character: str) -> bool:
    """Whether words may go on with a character: bounded, and no field of another kind."""
    if character in _NOT_IN_WORDS or not character.isprintable() or len(text) >= TEXT_LIMIT:
        return False
    if text:
        return bool(text.strip()) or character != " "
    return character != ":"


def _is_whole(script: Script, header: Header) -> bool:
    if header.field in "XTZ":
        return bool(header.text.strip())
    return header.text.removeprefix(" ") in choices(script, header)


def _end_field(script: Script, header: Header) -> Header | Music:
    value = header.text.removeprefix(" ")
    done = header._replace(seen=header.seen + header.field, field="", has_colon=False, text="")
    if header.field == "M":
        return done._replace(meter=value)
    if header.field == "L":
        return done._replace(unit=value)
    if header.field == "K":
        return begin_music(script, Form(bar_ticks(header.meter, header.unit, script.grid)), value)
    return done


def begin_music(script: Script, form: Form, key: str) -> Music:
    """The beginning of a line of music at a bar line."""
    plan = make_plan(form, script.rules, script.endings)
    return Music(plan, form, after="\n", key=key if script.rules.is_exact else "")
