"""A tune as MusicXML 4.0, for MuseScore and every other program that engraves."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from musicgen.notation.analysis.bar_numbers import begins_bar, count_measures, number_bars
from musicgen.notation.analysis.clefs import Clef, clef_of
from musicgen.notation.model import Bar, Meter, Tune
from musicgen.notation.parsing.barlines import count_repeats, is_closing
from musicgen.notation.parsing.characters import plain_lines
from musicgen.notation.parsing.fields import same_key, same_meter
from musicgen.notation.playback import play_order
from musicgen.notation.writing.abc_writer import beat_group, missing_before
from musicgen.notation.writing.musicxml_notes import ElementWriter, append_key, append_tempo
from musicgen.notation.writing.repeat_signs import has_plain_endings, play_out, with_repeat_signs

_PREFACE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
    '"http://www.musicxml.org/dtds/partwise.dtd">\n'
)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STYLES = {"||": "light-light", "|]": "light-heavy", "[|": "heavy-light", "[|]": "none", "": "none"}


def write_musicxml(tune: Tune, comment: str = "") -> str:
    """A tune as the text of a MusicXML 4.0 file (``score-partwise``), one part, one voice.

    A comment, such as where the tune comes from, is kept as a field of ``<miscellaneous>``.

    Repeats and endings are signs; a tune whose order no such signs can give (parts in an order of
    their own, D.C., D.S., endings out of order) is written out as it is played. Pickups are
    measures without a number.
    """
    bars = with_repeat_signs(tune)
    is_plain = has_plain_endings(bars)
    if not is_plain or play_order([replace(bar, marks=()) for bar in bars]) != tune.play_order:
        bars = play_out(tune)
    score = Element("score-partwise", version="4.0")
    _write_header(score, tune, comment)
    part = SubElement(score, "part", id="P1")
    _PartWriter(tune, tuple(_single_bars(bars))).write(part)
    indent(score)
    return _PREFACE + tostring(score, encoding="unicode") + "\n"


def _write_header(score: Element, tune: Tune, comment: str) -> None:
    if tune.title:
        _add(SubElement(score, "work"), "work-title", tune.title)
    identification = SubElement(score, "identification")
    for letter, value in tune.fields:
        if letter == "C" and value:
            SubElement(identification, "creator", type="composer").text = _clean(value)
    _add(SubElement(identification, "encoding"), "software", "musicgen")
    if comment:
        field = SubElement(SubElement(identification, "miscellaneous"), "miscellaneous-field")
        field.set("name", "provenance")
        field.text = _clean(comment)
    score_part = SubElement(SubElement(score, "part-list"), "score-part", id="P1")
    _add(score_part, "part-name", "Melody")


def _single_bars(bars: Sequence[Bar]) -> Iterator[Bar]:
    """The bars, with rests of several bars parted into measures of one."""
    for bar in bars:
        count = count_measures(bar)
        if count == 1:
            yield bar
        else:
            yield from _parted(bar, bar.actual / count, count)


def _parted(bar: Bar, full: Fraction, count: int) -> Iterator[Bar]:
    for number in range(count):
        is_first, is_last = number == 0, number == count - 1
        yield replace(
            bar,
            notes=(replace(bar.notes[0], duration=full, onset=bar.onset),),
            expected=full,
            actual=full,
            opening=bar.opening if is_first else "",
            closing=bar.closing if is_last else "|",
            starts_ending=bar.starts_ending and is_first,
            tempo_qpm=bar.tempo_qpm if is_first else None,
        )


class _PartWriter:
    """Writes the measures of a tune, and what stands around their notes."""

    def __init__(self, tune: Tune, bars: Sequence[Bar]) -> None:
        self.tune = tune
        self.bars = bars
        self.notes = ElementWriter(plain_lines(tune.text), tune.key, bars)
        self.meter = tune.meter
        self.part = ""
        self.numbers = number_bars(bars)
        self.unnumbered = 0

    def write(self, part: Element) -> None:
        """Append all measures; an empty tune has one without notes."""
        if not self.bars:
            self._write_attributes(SubElement(part, "measure", number="1"), None)
        for at in range(len(self.bars)):
            self._write_measure(part, at)

    def _write_measure(self, part: Element, at: int) -> None:
        bar, previous = self.bars[at], self.bars[at - 1] if at else None
        shift = missing_before(bar, previous)
        measure = SubElement(part, "measure", self._numbering(at))
        self._write_left(measure, bar)
        self._write_attributes(measure, bar, is_first=not at)
        self._write_directions(measure, bar, is_first=not at)
        self.notes.write_bar(measure, bar, beat_group(bar.meter or self.meter), shift)
        self._write_right(measure, at)

    def _numbering(self, at: int) -> dict[str, str]:
        if begins_bar(self.bars[at], self.bars[at - 1] if at else None):
            return {"number": str(self.numbers[at])}
        if not at:
            return {"number": "0", "implicit": "yes"}
        self.unnumbered += 1
        return {"number": f"X{self.unnumbered}", "implicit": "yes"}

    def _write_attributes(
        self, measure: Element, bar: Bar | None, *, is_first: bool = True
    ) -> None:
        key = bar.key if bar and bar.key else self.notes.key
        meter = bar.meter if bar and bar.meter else self.meter
        attributes = Element("attributes")
        if is_first:
            _add(attributes, "divisions", str(self.notes.divisions))
        if is_first or not same_key(key, self.notes.key):
            append_key(attributes, key)
            self.notes.set_key(key)
        if is_first or not same_meter(meter, self.meter):
            _write_time(attributes, meter)
            self.meter = meter
        if is_first:
            _write_clef(attributes, clef_of(self.tune))
        if len(attributes):
            measure.append(attributes)

    def _write_directions(self, measure: Element, bar: Bar, *, is_first: bool) -> None:
        if bar.part != self.part:
            self.part = bar.part
            _write_rehearsal(measure, bar.part)
        if bar.heading:
            _write_rehearsal(measure, bar.heading)
        tempo = bar.tempo_qpm or (self.tune.tempo_qpm if is_first else None)
        if tempo is not None:
            append_tempo(measure, tempo, beat_group(self.meter))

    def _write_left(self, measure: Element, bar: Bar) -> None:
        if not bar.opening and not bar.starts_ending:
            return
        line = SubElement(measure, "barline", location="left")
        if bar.opening:
            _add(line, "bar-style", "heavy-light")
        if bar.starts_ending:
            numbers = ",".join(map(str, bar.ending))
            SubElement(line, "ending", number=numbers, type="start")
        if bar.opening:
            SubElement(line, "repeat", direction="forward")

    def _write_right(self, measure: Element, at: int) -> None:
        bar = self.bars[at]
        following = self.bars[at + 1] if at + 1 < len(self.bars) else None
        ends = bool(bar.ending) and (
            following is None or following.starts_ending or not following.ending
        )
        repeats = count_repeats(bar.closing)
        style = "light-heavy" if repeats else _STYLES.get(bar.closing)
        if style == "none" and following is None:
            style = None
        if style is None and not ends:
            return
        line = SubElement(measure, "barline", location="right")
        if style:
            _add(line, "bar-style", style)
        if ends:
            kind = "stop" if repeats or is_closing(bar.closing) else "discontinue"
            numbers = ",".join(map(str, bar.ending))
            SubElement(line, "ending", number=numbers, type=kind)
        if repeats:
            repeat = SubElement(line, "repeat", direction="backward")
            if repeats > 1:
                repeat.set("times", str(repeats + 1))


def _write_rehearsal(measure: Element, words: str) -> None:
    direction = SubElement(measure, "direction", placement="above")
    _add(SubElement(direction, "direction-type"), "rehearsal", words)


def _write_clef(attributes: Element, clef: Clef) -> None:
    """A clef; one with an 8 says so, and pitches are those that sound."""
    element = SubElement(attributes, "clef")
    _add(element, "sign", clef.sign)
    _add(element, "line", str(clef.line))
    if clef.octaves:
        _add(element, "clef-octave-change", str(clef.octaves))


def _write_time(attributes: Element, meter: Meter) -> None:
    time = SubElement(attributes, "time")
    if not meter.numerator:
        SubElement(time, "senza-misura")
        return
    if meter.text[:1] in ("C", "c"):
        time.set("symbol", "cut" if meter.denominator == 2 else "common")
    _add(time, "beats", str(meter.numerator))
    _add(time, "beat-type", str(meter.denominator))


def _add(parent: Element, tag: str, text: str) -> None:
    SubElement(parent, tag).text = _clean(text)


def _clean(text: str) -> str:
    """The text without characters that XML cannot hold."""
    return _NOT_XML.sub("", text)
