"""Voices (ABC 2.1 §7): what a ``V:`` field says, and which voices of a tune have notes."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from musicgen.notation.parsing.fields import CLEF_WORD
from musicgen.notation.parsing.prose import has_signs, is_prose
from musicgen.notation.parsing.tokens import FIELD_LINE, hide_words, is_note_like, opens_music

VOICE_AHEAD = re.compile(r"\[V:[^\]\n]{0,200}\]")

_NAME = re.compile(r"[ \t]*([^\s\]]{1,40})")
_PROPERTY = re.compile(
    r"[ \t]*(?:(?=[A-Za-z]*[h-wyH-WY])[A-Za-z][\w-]{0,20}[ \t]*=[ \t]*(?:\"[^\"]*\"?|[^\s\"|]*)"
    r"|\"[^\"]*\"?|" + CLEF_WORD.format("c") + r"|up|down|merge|auto|none|[+\-]8)(?=[ \t%]|$)",
    re.IGNORECASE,
)
_NOTE = re.compile(r"[A-Ga-g]")
_INLINE = re.compile(r"\[[A-Za-z]:[^\]\n]{0,200}\]|\{[^}\n]{0,200}\}|%.*")
_SCORE = re.compile(r"(?:%%|I:)[ \t]*(?:score|staves)\b([^\n]*)")
_SCORE_NAME = re.compile(r"[^\s()\[\]{}|*+]+")
_FEWEST_NOTES = 3


@dataclass(frozen=True, slots=True)
class VoiceField:
    """A ``V:`` field: the voice it names, what it says of it, and where music begins in its value.

    Old programs wrote music behind the name; `music` is None where there is none. `rest` is what is
    neither a property nor music.
    """

    name: str
    properties: str
    music: int | None
    rest: str


def parse_voice(value: str) -> VoiceField:
    """Reads the value of a ``V:`` field."""
    name = _NAME.match(value)
    if name is None:
        return VoiceField("", "", None, "")
    position = name.end()
    while found := _PROPERTY.match(value, position):
        position = found.end()
    rest = value[position:].split("%", maxsplit=1)[0]
    properties = value[name.end() : position]
    if not rest.strip():
        return VoiceField(name[1], properties, None, "")
    if _is_music(rest):
        return VoiceField(name[1], properties, position, "")
    return VoiceField(name[1], properties + rest, None, rest.strip())


def music_of_voice_line(letter: str, value: str) -> int | None:
    """Where music begins in the value of a field that takes up a line; None where there is none."""
    return parse_voice(value).music if letter == "V" else None


def find_voices(text: str, start: int, end: int, first: str) -> dict[str, bool]:
    """The voices of a tune's body in the order they come in, and whether there are notes in them.

    Args:
        text: the text as it is read.
        start: where the body begins.
        end: where the tune ends.
        first: the voice that music before the first ``V:`` belongs to.
    """
    voices: dict[str, bool] = {}
    for name, music in _pieces(text[start:end], first):
        if _NOTE.search(_INLINE.sub(" ", hide_words(music))):
            voices[name] = True
        elif music.strip():
            voices.setdefault(name, False)
    return voices


def implicit_voice(heads: Iterable[str], text: str) -> str:
    """The voice of music before the first ``V:`` of a body.

    It is the first that the header names, else the voice 1 if there is such a one, else one without
    a name.
    """
    named = next(iter(heads), "")
    return named or ("1" if re.search(r"(?m)(?:^[ \t]*|\[)V:[ \t]*1(?![^\s\]])", text) else "")


def score_order(text: str) -> list[str]:
    """Names of voices in the order of the first ``%%score`` or ``%%staves``; none without one."""
    found = _SCORE.search(text)
    return _SCORE_NAME.findall(found[1].split("%", maxsplit=1)[0]) if found else []


def _pieces(body: str, current: str) -> Iterator[tuple[str, str]]:
    """Music line by line with the voice it belongs to."""
    is_quoting = False
    for line in body.split("\n"):
        bare = line.strip()
        if bare.startswith("%"):
            is_quoting = bare.startswith("%%begin") or (is_quoting and not bare.startswith("%%end"))
            continue
        field = FIELD_LINE.match(line)
        music = line
        if field and field[1] == "V":
            voice = parse_voice(field[2])
            current = voice.name or current
            music = field[2][voice.music :] if voice.music is not None else ""
        elif is_quoting or (field and not opens_music(field[1], field[2])) or is_prose(line):
            continue
        position = 0
        for switch in VOICE_AHEAD.finditer(music):
            yield current, music[position : switch.start()]
            current = parse_voice(switch[0][3:-1]).name or current
            position = switch.end()
        yield current, music[position:]


def _is_music(rest: str) -> bool:
    """Whether what stands behind a voice's name is music: by its bar lines, or by all its words."""
    bare = _INLINE.sub(" ", hide_words(rest))
    words = bare.split()
    if "|" in bare:
        return not is_prose(rest)
    is_all = bool(words) and all(map(is_note_like, words))
    count = len(re.findall(r"[A-Ga-gz]", bare))
    is_plain = len(words) > 1 or not bare.strip().islower()
    return is_all and (has_signs(bare) or (count >= _FEWEST_NOTES and is_plain))
