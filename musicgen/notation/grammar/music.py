"""The body, one character at a time: notes that fit the bar, and lines where a bar is full.

A note or a bar line is settled by the first character that cannot belong to it; until then each
further character must leave a way to settle it.
"""

from collections.abc import Iterable

from musicgen.notation.grammar.alphabet import (
    ACCIDENTALS,
    LETTERS,
    MAX_GRACES,
    ORNAMENTS,
    TUPLETS,
    Script,
)
from musicgen.notation.grammar.sections import follow_line, is_right_line, make_plan
from musicgen.notation.grammar.states import END, OWED, End, Music

SHORTEST_BROKEN = 4
INDENT = "\n "
"""What stands before where a line has begun that must not stay blank."""


def feed_music(script: Script, music: Music, character: str) -> Music | End | None:
    """The state after a character, None where it may not stand."""
    return _FEEDERS[music.kind](script, music, character)


def which_follow_music(script: Script, music: Music, characters: Iterable[str]) -> list[bool]:
    """Whether each of the characters may stand next.

    As `feed_music` says; what a note is when it is settled is worked out once for all.
    """
    if music.kind != "n":
        feed = _FEEDERS[music.kind]
        return [feed(script, music, character) is not None for character in characters]
    done = _settle_note(script, music)
    return [
        (
            _extend_note(script, music, character)
            if _belongs_to_note(character)
            else done and _leave_note(script, music, done, character)
        )
        is not None
        for character in characters
    ]


def settle(script: Script, music: Music) -> Music | None:
    """The state with the note or bar line being written settled, None where it is not whole."""
    if music.kind == "n":
        return _settle_note(script, music)
    if music.kind == "b":
        is_right = is_right_line(music.plan, music.fill, music.part, bool(music.tie))
        return _settle_line(script, music) if is_right and music.part in script.bar_lines else None
    return None if music.kind else music


# Between tokens


def _feed_between(script: Script, music: Music, character: str) -> Music | End | None:
    if music.after == "!":
        return music._replace(after="\n") if character == "\n" else None
    if character in "\n! ":
        return _feed_gap(music, character)
    if character in "|:[":
        return _extend_line(script, music, character) if _is_apart(music) else None
    if character == "K":
        is_right = music.after == "\n" and music.plan.may_change_key and not music.tie
        return music._replace(kind="k", part="K", after="") if is_right else None
    if not may_begin_note(script, music):
        return None
    return _begin_note(script, music, character)


def _is_apart(music: Music) -> bool:
    """Whether a bar line may begin: behind another one only after a space or at a line's start."""
    is_after_line = music.fill == 0 and not music.after
    return not (music.left or music.is_bound or is_after_line)


def _feed_gap(music: Music, character: str) -> Music | End | None:
    """A space, or the end of a line after a bar line; no line is blank but the last."""
    if music.is_bound or music.owed or music.after == INDENT:
        return None
    if character == " ":
        return _feed_space(music)
    if music.fill or music.left:
        return None
    if music.after == "\n":
        return END if character == "\n" and music.plan.may_end else None
    return music._replace(after=character)


def _feed_space(music: Music) -> Music | None:
    if music.after == "\n":
        return music._replace(after=INDENT) if music.plan.may_start else None
    return None if music.after else music._replace(after=" ")


def may_begin_note(script: Script, music: Music) -> bool:
    """Whether there is room for a note."""
    plan = music.plan
    if plan.ending == OWED or not plan.may_start or music.after == "!":
        return False
    return bool(music.owed or music.left) or plan.limit - music.fill >= script.grid


def _begin_note(script: Script, music: Music, character: str) -> Music | None:
    if music.tie:
        is_same = music.tie.startswith(character)
        return _pitched(music, character) if is_same else None
    if character in LETTERS:
        return _pitched(music, character) if _opens(script, music, "", character) else None
    if character in "^_=":
        return _extend_accidental(script, music, character)
    if music.owed or music.is_bound:
        return None
    if character == "z":
        return None if music.has_rested else _pitched(music, "z")
    return None if music.left else _begin_sign(script, music, character)


def _begin_sign(script: Script, music: Music, character: str) -> Music | None:
    """A tuplet, or what adorns the next note."""
    if character == "(":
        return _extend_tuplet(script, music)
    if character == '"':
        return music._replace(kind="s", part='"', after="") if script.chords else None
    if character == "{":
        longer = music._replace(kind="g", part="{", after="")
        can_fill = any(_feed_graces(script, longer, letter) for letter in script.letters)
        return longer if can_fill and "}" in script.characters else None
    if character in ORNAMENTS:
        return music._replace(is_bound=True, after="")
    return None


# Notes


def _pitched(music: Music, part: str) -> Music:
    return music._replace(kind="n", part=part, length="", after="")


def _opens(script: Script, music: Music, accidental: str, letter: str) -> bool:
    """Whether a letter has an octave within the range."""
    alter = script.alteration(accidental, letter, music.key, music.sharps)
    return any(script.fits_range(letter, marks, alter) for marks in script.octaves.get(letter, ()))


def _extend_accidental(script: Script, music: Music, character: str) -> Music | None:
    part = (music.part if music.kind == "a" else "") + character
    is_right = part in ACCIDENTALS and any(
        _opens(script, music, part, letter) for letter in script.letters
    )
    return music._replace(kind="a", part=part, after="") if is_right else None


def _feed_accidental(script: Script, music: Music, character: str) -> Music | None:
    if character in "^_=":
        return _extend_accidental(script, music, character)
    is_right = character in LETTERS and _opens(script, music, music.part, character)
    return _pitched(music, music.part + character) if is_right else None


def split_pitch(part: str) -> tuple[str, str, str]:
    """Accidental, letter and octave marks of a note being written."""
    accidental = part.rstrip("ABCDEFGabcdefgz,'")
    return accidental, part[len(accidental)], part[len(accidental) + 1 :]


def _feed_note(script: Script, music: Music, character: str) -> Music | End | None:
    if _belongs_to_note(character):
        return _extend_note(script, music, character)
    done = _settle_note(script, music)
    return None if done is None else _leave_note(script, music, done, character)


def _belongs_to_note(character: str) -> bool:
    return character in ",'/" or character.isdigit()


def _extend_note(script: Script, music: Music, character: str) -> Music | None:
    extend = _extend_octave if character in ",'" else _extend_length
    return extend(script, music, character)


def _leave_note(script: Script, music: Music, done: Music, character: str) -> Music | End | None:
    """The state after a character that is no part of the note; `done` has the note settled."""
    if character == "-":
        return _tie(music, done)
    if character in "<>":
        return _break(script, music, done)
    return _feed_between(script, done, character)


def _extend_octave(script: Script, music: Music, character: str) -> Music | None:
    part = music.part + character
    accidental, letter, marks = split_pitch(part)
    if music.length or (letter, marks) not in script.pitches:
        return None
    if music.tie:
        return music._replace(part=part) if music.tie.startswith(part) else None
    alter = script.alteration(accidental, letter, music.key, music.sharps)
    is_right = any(
        ahead.startswith(marks) and script.fits_range(letter, ahead, alter)
        for ahead in script.octaves[letter]
    )
    return music._replace(part=part) if is_right else None


def is_pitch_right(script: Script, music: Music) -> bool:
    """Whether the pitch being written may stay as it is."""
    if music.part == "z":
        return True
    if music.tie:
        return music.part == music.tie
    accidental, letter, marks = split_pitch(music.part)
    alter = script.alteration(accidental, letter, music.key, music.sharps)
    return script.fits_range(letter, marks, alter)


def _extend_length(script: Script, music: Music, character: str) -> Music | None:
    length = music.length + character
    if not music.length and not is_pitch_right(script, music):
        return None
    is_right = script.is_length_ahead(length, lambda ticks: fits(script, music, ticks))
    return music._replace(length=length) if is_right else None


def fits(script: Script, music: Music, ticks: int) -> bool:
    """Whether a note of this written length leaves the bar, and what is owed, a way to be full."""
    if music.owed:
        return ticks == music.owed
    room = music.plan.limit - music.fill
    if music.left:
        return script.tuplet_fits(music.tuplet, music.left - 1, music.sum + ticks, room)
    return ticks <= room and not (room - ticks) % script.grid


def _settle_note(script: Script, music: Music) -> Music | None:
    ticks = script.lengths.get(music.length)
    if ticks is None or not fits(script, music, ticks) or not is_pitch_right(script, music):
        return None
    fill, tuplet, left, written = music.fill, music.tuplet, music.left, 0
    if not left:
        fill += ticks
    else:
        left -= 1
        written = music.sum + ticks
        if not left:
            fill += script.tuplet_time(tuplet, written)
            tuplet = written = 0
    return Music(
        music.plan, music.form, fill, after=music.after, tuplet=tuplet, left=left, sum=written,
        has_rested=music.part == "z", sharps=_remember(music), key=music.key,
    )  # fmt: skip


def _remember(music: Music) -> tuple[tuple[str, int], ...]:
    accidental, letter, _ = split_pitch(music.part)
    if not accidental:
        return music.sharps
    return tuple(sorted((dict(music.sharps) | {letter.upper(): ACCIDENTALS[accidental]}).items()))


def _tie(music: Music, done: Music) -> Music | None:
    """A tie to the next note, which must be able to come: in this bar, or in the next."""
    if music.part == "z" or music.left or music.owed:
        return None
    is_over_line = done.fill == done.plan.limit
    if is_over_line and (not done.plan.may_go_on or is_altered(music)):
        return None
    return done._replace(tie=music.part.lstrip("^_="))


def is_altered(music: Music) -> bool:
    """Whether the note being written is changed by an accidental, which ends at the bar line."""
    accidental, letter, _ = split_pitch(music.part)
    return bool(accidental) or any(letter.upper() == name for name, _ in music.sharps)


def _break(script: Script, music: Music, done: Music) -> Music | None:
    """Broken rhythm: the next note must be written as long, and be within the bar."""
    ticks = script.lengths[music.length]
    is_plain = music.part != "z" and not (music.left or music.owed)
    room = done.plan.limit - done.fill
    if not is_plain or ticks < SHORTEST_BROKEN or room < ticks:
        return None
    return done._replace(owed=ticks)


# Tuplets and what adorns a note


def _extend_tuplet(script: Script, music: Music) -> Music | None:
    is_right = any(_tuplet_goes(script, music, count) for count in TUPLETS)
    return music._replace(kind="t", part="(", after="") if is_right else None


def _tuplet_goes(script: Script, music: Music, count: int) -> bool:
    room = music.plan.limit - music.fill
    return str(count) in script.characters and script.tuplet_fits(count, count, 0, room)


def _feed_tuplet(script: Script, music: Music, character: str) -> Music | None:
    count = int(character) if character.isascii() and character.isdigit() else 0
    if count not in TUPLETS or not _tuplet_goes(script, music, count):
        return None
    return music._replace(kind="", part="", tuplet=count, left=count, sum=0, is_bound=True)


def _feed_symbol(script: Script, music: Music, character: str) -> Music | None:
    part = music.part + character
    if part in script.chords:
        return music._replace(kind="", part="", is_bound=True)
    return music._replace(part=part) if part in script.chord_beginnings else None


def _feed_graces(script: Script, music: Music, character: str) -> Music | None:
    """Grace notes: letters alone, within the range."""
    count = len(music.part) - 1
    if character == "}":
        return music._replace(kind="", part="", is_bound=True) if count else None
    alter = script.alteration("", character, music.key, music.sharps) if character in LETTERS else 0
    is_right = character in LETTERS and script.fits_range(character, "", alter)
    return music._replace(part=music.part + "x") if is_right and count < MAX_GRACES else None


# Bar lines and keys


def _extend_line(script: Script, music: Music, character: str) -> Music | None:
    if music.owed:
        return None
    part = (music.part if music.kind == "b" else "") + character
    ahead = [line for line in script.bar_lines if line.startswith(part)]
    right = [line for line in ahead if is_right_line(music.plan, music.fill, line, bool(music.tie))]
    if not right:
        return None
    longer = music._replace(kind="b", part=part, after="")
    return _settle_line(script, longer) if right == [part] else longer


def _feed_line(script: Script, music: Music, character: str) -> Music | End | None:
    longer = _extend_line(script, music, character)
    if longer is not None:
        return longer
    done = settle(script, music)
    return _feed_between(script, done, character) if done is not None else None


def _settle_line(script: Script, music: Music) -> Music:
    form = follow_line(music.form, music.fill, music.part)
    plan = make_plan(form, script.rules, script.endings)
    return Music(plan, form, tie=music.tie, has_rested=music.has_rested, key=music.key)


def _feed_key(script: Script, music: Music, character: str) -> Music | None:
    part = music.part + character
    if part == "K:":
        return music._replace(part=part)
    value = part.removeprefix("K:").removeprefix(" ")
    if character == "\n":
        return _change_key(script, music) if _key_value(music) in script.keys else None
    is_ahead = music.part != "K" and value in script.key_beginnings
    return music._replace(part=part) if is_ahead else None


def _key_value(music: Music) -> str:
    return music.part.removeprefix("K:").removeprefix(" ")


def _change_key(script: Script, music: Music) -> Music:
    form = music.form._replace(keys=music.form.keys + 1)
    plan = make_plan(form, script.rules, script.endings)
    key = _key_value(music) if script.rules.is_exact else ""
    return music._replace(kind="", part="", after=INDENT, form=form, plan=plan, key=key)


_FEEDERS = {
    "": _feed_between,
    "a": _feed_accidental,
    "n": _feed_note,
    "t": _feed_tuplet,
    "b": _feed_line,
    "s": _feed_symbol,
    "g": _feed_graces,
    "k": _feed_key,
}
