"""Notes, chords, rests, grace notes and chord symbols as elements of MusicXML 4.0."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from xml.etree.ElementTree import Element, SubElement

from musicgen.notation.analysis.chord_symbols import chord_names
from musicgen.notation.analysis.chords import parse_chord
from musicgen.notation.model import Bar, Key, Note
from musicgen.notation.parsing.fields import (
    MODE_FIFTHS,
    SHARP_ORDER,
    same_key,
    signature,
    tonic_fifths,
)
from musicgen.notation.parsing.pitches import PitchReader, say_nothing
from musicgen.notation.writing.note_values import (
    Value,
    beam_levels,
    drawn_duration,
    find_ties,
    split_value,
)
from musicgen.notation.writing.note_writer import tuplet_runs
from musicgen.notation.writing.spelling import Spelling, spell_graces, spell_note

_ACCIDENTALS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
_ABC_SIGNS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}
_ORNAMENTS = {
    "trill": "trill-mark",
    "mordent": "mordent",
    "lowermordent": "mordent",
    "uppermordent": "inverted-mordent",
    "pralltriller": "inverted-mordent",
    "turn": "turn",
    "invertedturn": "inverted-turn",
}
_TECHNICAL = {
    "upbow": "up-bow",
    "downbow": "down-bow",
    "open": "open-string",
    "thumb": "thumb-position",
    "snap": "snap-pizzicato",
    "plus": "stopped",
    "+": "stopped",
}
_ARTICULATIONS = {
    "staccato": "staccato",
    ".": "staccato",
    "accent": "accent",
    ">": "accent",
    "emphasis": "accent",
    "tenuto": "tenuto",
    "marcato": "strong-accent",
    "^": "strong-accent",
    "wedge": "staccatissimo",
    "breath": "breath-mark",
}
_DYNAMICS = frozenset(["pppp", "ppp", "pp", "p", "mp", "mf", "f", "ff", "fff", "ffff", "sfz"])
_KINDS = {
    "": "major",
    "maj": "major",
    "M": "major",
    "m": "minor",
    "min": "minor",
    "7": "dominant",
    "maj7": "major-seventh",
    "M7": "major-seventh",
    "m7": "minor-seventh",
    "min7": "minor-seventh",
    "6": "major-sixth",
    "m6": "minor-sixth",
    "9": "dominant-ninth",
    "5": "power",
    "m7b5": "half-diminished",
    "ø": "half-diminished",
    "dim": "diminished",
    "o": "diminished",
    "°": "diminished",
    "dim7": "diminished-seventh",
    "aug": "augmented",
    "+": "augmented",
    "sus": "suspended-fourth",
    "sus4": "suspended-fourth",
    "sus2": "suspended-second",
}


class ElementWriter:
    """Writes the notes of bars, in order; it keeps accidentals, ties and tuplets in mind."""

    def __init__(self, text: str, key: Key, bars: Sequence[Bar]) -> None:
        self.text = text
        self.key = key
        notes = [note for bar in bars for note in bar.notes]
        runs = list(tuplet_runs(notes))
        self._begins = {first for first, last in runs if last > first}
        self._ends = {last for first, last in runs if last > first}
        self._ties = find_ties(notes)
        self._memory = PitchReader(key, say_nothing)
        self._memory.propagate = "octave"
        self._count = 0
        self.divisions = _divisions(notes)

    def set_key(self, key: Key) -> None:
        """Change the signature."""
        self.key = key
        self._memory.set_key(key)

    def write_bar(self, measure: Element, bar: Bar, group: Fraction, shift: Fraction) -> None:
        """Append the notes of a bar to a measure.

        Args:
            measure: the measure.
            bar: the bar.
            group: quarter notes that are beamed together.
            shift: quarter notes missing before the first note of a pickup.
        """
        beams = _beams(bar, group, shift)
        for number, (note, levels) in enumerate(zip(bar.notes, beams, strict=True)):
            if number:
                self._write_changes(measure, note, group)
            if note.chord_symbol:
                _write_chord_symbol(measure, note.chord_symbol)
            self._write_graces(measure, note)
            self._write_note(measure, note, levels)
            self._count += 1
        if bar.closing:
            self._memory.end_bar()

    def _write_changes(self, measure: Element, note: Note, group: Fraction) -> None:
        """Append what changes inside a bar before a note: its key, its tempo."""
        if note.key is not None and not same_key(note.key, self.key):
            append_key(SubElement(measure, "attributes"), note.key)
            self.set_key(note.key)
        if note.tempo_qpm is not None:
            append_tempo(measure, note.tempo_qpm, group)

    def _write_graces(self, measure: Element, note: Note) -> None:
        names = spell_graces(self.text, note, self.key)
        beams = beam_levels([2] * len(names))
        for name, levels in zip(names, beams, strict=True):
            element = SubElement(measure, "note")
            SubElement(element, "grace")
            accidental = self._write_pitch(element, name)
            _add(element, "voice", "1")
            _add(element, "type", "16th")
            if accidental:
                _add(element, "accidental", accidental)
            _write_beams(element, levels)

    def _write_note(self, measure: Element, note: Note, levels: list[str]) -> None:
        names: Sequence[Spelling | None] = spell_note(self.text, note, self.key) or [None]
        pieces = split_value(drawn_duration(note))
        before, after = self._ties[self._count]
        for at, value in enumerate(pieces):
            is_first, is_last = at == 0, at == len(pieces) - 1
            for number, name in enumerate(names):
                ties = []
                if name is not None and (not is_first or name.pitch in before):
                    ties.append("stop")
                if name is not None and (not is_last or name.pitch in after):
                    ties.append("start")
                element = SubElement(measure, "note")
                if number:
                    SubElement(element, "chord")
                self._fill(element, note, name, value, ties, show_accidental=is_first)
                if not number:
                    _write_beams(element, levels)
                self._notations(
                    element, note, ties,
                    is_first=is_first and not number, is_last=is_last and not number,
                )  # fmt: skip
        self._remember(note, names)

    def _fill(
        self,
        element: Element,
        note: Note,
        name: Spelling | None,
        value: Value,
        ties: list[str],
        *,
        show_accidental: bool,
    ) -> None:
        accidental = ""
        if name is None:
            SubElement(element, "rest")
        else:
            accidental = self._write_pitch(element, name)
        count, time = note.tuplet
        _add(element, "duration", str(value.quarters * time / count * self.divisions))
        for tie in ties:
            SubElement(element, "tie", type=tie)
        _add(element, "voice", "1")
        if value.name:
            _add(element, "type", value.name)
            for _ in range(value.dots):
                SubElement(element, "dot")
        if accidental and show_accidental:
            _add(element, "accidental", accidental)
        if note.tuplet_left:
            modification = SubElement(element, "time-modification")
            _add(modification, "actual-notes", str(count))
            _add(modification, "normal-notes", str(time))

    def _write_pitch(self, element: Element, name: Spelling) -> str:
        """Append a pitch; the name of the accidental it needs, else the empty string."""
        pitch = SubElement(element, "pitch")
        _add(pitch, "step", name.letter)
        if name.alter:
            _add(pitch, "alter", str(name.alter))
        _add(pitch, "octave", str(name.octave))
        octaves = "'" * (name.octave - 4) + "," * (4 - name.octave)
        if self._memory.read("", name.letter, octaves, 0, 0) == name.pitch:
            return ""
        self._memory.read(_ABC_SIGNS[name.alter], name.letter, octaves, 0, 0)
        return _ACCIDENTALS[name.alter]

    def _remember(self, note: Note, names: Sequence[Spelling | None]) -> None:
        self._memory.release()
        self._memory.hold(
            (name.letter, "'" * (name.octave - 4) + "," * (4 - name.octave), name.pitch)
            for name in names
            if name is not None and name.pitch in note.tied_pitches
        )

    def _notations(
        self, element: Element, note: Note, ties: list[str], *, is_first: bool, is_last: bool
    ) -> None:
        notations = Element("notations")
        for tie in ties:
            SubElement(notations, "tied", type=tie)
        if is_first and self._count in self._begins:
            SubElement(notations, "tuplet", type="start", bracket="yes")
        if is_last and self._count in self._ends:
            SubElement(notations, "tuplet", type="stop")
        if is_first:
            _write_decorations(notations, note.decorations)
        if len(notations):
            element.append(notations)


def append_key(attributes: Element, key: Key) -> None:
    """Append a key signature to attributes."""
    element = SubElement(attributes, "key")
    fifths = tonic_fifths(key.tonic) + MODE_FIFTHS[key.mode] if key.tonic else 0
    if dict(key.accidentals) == signature(fifths) and abs(fifths) <= len(SHARP_ORDER):
        _add(element, "fifths", str(fifths))
        if key.tonic:
            _add(element, "mode", key.mode)
        return
    for letter, alter in key.accidentals:
        _add(element, "key-step", letter)
        _add(element, "key-alter", str(alter))


def append_tempo(measure: Element, qpm: Fraction, group: Fraction) -> None:
    """Append a tempo to a measure, in dotted quarters where those are beamed together."""
    is_compound = group == Fraction(3, 2)
    rate = qpm / Fraction(3, 2) if is_compound else qpm
    direction = SubElement(measure, "direction", placement="above")
    metronome = SubElement(SubElement(direction, "direction-type"), "metronome")
    _add(metronome, "beat-unit", "quarter")
    if is_compound:
        SubElement(metronome, "beat-unit-dot")
    _add(metronome, "per-minute", f"{float(rate):g}")
    SubElement(direction, "sound", tempo=f"{float(qpm):g}")


def _divisions(notes: Sequence[Note]) -> int:
    """The least number of parts of a quarter note that makes every duration a whole number."""
    divisions = 1
    for note in notes:
        for value in split_value(drawn_duration(note)):
            part = (value.quarters / Fraction(*note.tuplet) * divisions).denominator
            divisions *= part
    return divisions


def _beams(bar: Bar, group: Fraction, shift: Fraction) -> list[list[str]]:
    """Beam words of every note of a bar."""
    words: list[list[str]] = []
    for members in _groups(bar, group, shift):
        words += beam_levels(members) if members[0] else [[] for _ in members]
    return words


def _groups(bar: Bar, group: Fraction, shift: Fraction) -> Iterator[list[int]]:
    """Flags of notes that are beamed together, in order; those of a single note apart are 0."""
    members: list[int] = []
    beat = Fraction(-1)
    for note in bar.notes:
        here = (note.onset - bar.onset + shift) // group
        flags = _flags(note)
        if members and (not flags or here != beat):
            yield members
            members = []
        if flags:
            members.append(flags)
        else:
            yield [0]
        beat = Fraction(here)
    if members:
        yield members


def _flags(note: Note) -> int:
    pieces = split_value(drawn_duration(note))
    return pieces[0].flags if len(pieces) == 1 and note.pitches else 0


def _write_beams(element: Element, levels: Sequence[str]) -> None:
    for number, word in enumerate(levels, start=1):
        SubElement(element, "beam", number=str(number)).text = word


def _write_decorations(notations: Element, names: Sequence[str]) -> None:
    for group, table in (
        ("ornaments", _ORNAMENTS),
        ("technical", _TECHNICAL),
        ("articulations", _ARTICULATIONS),
    ):
        tags = dict.fromkeys(table[name] for name in names if name in table)
        if tags or (group == "ornaments" and "roll" in names):
            parent = SubElement(notations, group)
            for tag in tags:
                SubElement(parent, tag)
            if group == "ornaments" and "roll" in names:
                _add(parent, "other-ornament", "roll")
    loudness = [name for name in names if name in _DYNAMICS]
    if loudness:
        SubElement(SubElement(notations, "dynamics"), loudness[0])
    if "fermata" in names:
        SubElement(notations, "fermata")
    if "arpeggio" in names:
        SubElement(notations, "arpeggiate")


def _write_chord_symbol(measure: Element, words: str) -> None:
    chord = parse_chord(words)
    if chord is None:
        return
    kind = next(quality for root, quality, _ in chord_names(words) if root)
    harmony = SubElement(measure, "harmony")
    _write_step(harmony, "root", chord.root)
    plain = _KINDS.get(kind.strip()) or _KINDS.get(chord.quality, "other")
    SubElement(harmony, "kind", text=kind).text = plain
    if chord.bass:
        _write_step(harmony, "bass", chord.bass)


def _write_step(harmony: Element, name: str, note: str) -> None:
    parent = SubElement(harmony, name)
    _add(parent, f"{name}-step", note[0])
    if note[1:]:
        _add(parent, f"{name}-alter", str(note.count("#") - note.count("b")))


def _add(parent: Element, tag: str, text: str) -> None:
    SubElement(parent, tag).text = text
