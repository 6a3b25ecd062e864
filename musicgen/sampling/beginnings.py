"""Beginnings for the network to continue: what one says so far, and how to take one from a tune."""

from dataclasses import dataclass

from musicgen.config import SampleConfig
from musicgen.corpus.normalization import write_plain
from musicgen.errors import CompositionError, MusicgenError, NotationError
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.analysis.bar_numbers import number_bars
from musicgen.notation.analysis.bars import check_bars
from musicgen.notation.grammar.prompt import begin
from musicgen.notation.model import Bar, Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tunebook import decode_text, require_tunes
from musicgen.notation.transcription.transcriber import transcribe
from musicgen.sampling.composer import read_prompt

MAX_FILE_BYTES = 2_000_000
"""Of a file from which a beginning is taken."""

MAX_TUNE_CHARACTERS = 20_000
"""Of the tune from which it is taken."""

EXAMPLES = {
    "jig": "X:1\nM:6/8\nL:1/8\nK:D Major\nDFA dAF|GBd gdB|",
    "reel": "X:1\nM:C|\nL:1/8\nK:E Dorian\nEBBA B2EB|B2AB dBAG|",
    "waltz": "X:1\nM:3/4\nL:1/8\nK:G Major\nD2|G3A B2|d4 B2|",
    "hornpipe": "X:1\nM:C\nL:1/8\nK:G Major\nBA|G2GF GBdB|",
}
"""Scales and chords that make a start, by the rhythm of the dance."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a beginning says so far.

    `meter` and `key` are empty where it has none; `bars` counts those that are closed, an upbeat
    apart; `wrong_bar` is the number of the first that is not full, upbeats included, 0 for none;
    `is_open` says that it stops inside a bar. `fault` is why the network cannot go on from it.
    """

    meter: str = ""
    key: str = ""
    bars: int = 0
    wrong_bar: int = 0
    is_open: bool = False
    fault: MusicgenError | None = None

    @property
    def has_header(self) -> bool:
        """Whether it comes to its key, behind which the music begins."""
        return bool(self.key)


def read_beginning(checkpoint: Checkpoint, config: SampleConfig) -> Beginning:
    """What the prompt of some settings says, together with them; the empty one says nothing."""
    if not config.prompt.strip():
        return Beginning()
    try:
        prompt = read_prompt(checkpoint, config)
        if prompt.guide:
            begin(prompt.guide.grammar, prompt.text)
    except CompositionError as error:
        return _told(read_tune(config.prompt)[0], error)
    return _told(read_tune(prompt.text)[0], None)


def _told(tune: Tune, fault: MusicgenError | None) -> Beginning:
    closed = [bar for bar in tune.bars if bar.closing]
    letters = {letter for letter, _value in tune.fields}
    return Beginning(
        tune.meter.text if "M" in letters else "",
        tune.key.text if "K" in letters else "",
        sum(not _is_pickup(bar) for bar in closed),
        _first_wrong(tune),
        bool(tune.bars) and not tune.bars[-1].closing,
        fault,
    )


def _is_pickup(bar: Bar) -> bool:
    return bar.index == 0 and bar.expected is not None and bar.actual < bar.expected


def _first_wrong(tune: Tune) -> int:
    """The first closed bar that does not keep time; the last may still owe what an upbeat took."""
    wrong = (check.index for check in check_bars(tune).wrong)
    numbers = number_bars(tune.bars)
    last = len(tune.bars) - 1
    return next(
        (
            numbers[index]
            for index in wrong
            if tune.bars[index].closing and not _is_pickup(tune.bars[index])
            and (index < last or tune.bars[index].actual > (tune.bars[index].expected or 0))
        ),
        0,
    )  # fmt: skip


def first_bars(tune: Tune, count: int) -> str:
    """Header and first bars of a tune as its text has them, an upbeat not counted.

    Args:
        tune: Read from its own text.
        count: Bars, at least one; all there are where there are fewer.
    """
    closed = [bar for bar in tune.bars if bar.closing]
    wanted = count + bool(closed and _is_pickup(closed[0]))
    if not closed:
        return tune.text[: tune.body_start]
    last = closed[min(wanted, len(closed)) - 1]
    return tune.text[: last.end + len(last.closing)]


def beginning_from_file(data: bytes, name: str, bars: int) -> str:
    """The first bars of the first tune in a file, ABC or MIDI, as plainly as the networks write.

    Args:
        data: The file.
        name: What it is called; ``.mid`` and ``.midi`` are read as MIDI.
        bars: How many bars to take.

    Raises:
        NotationError: there is no tune in it, or it is damaged or too large.
    """
    if len(data) > MAX_FILE_BYTES:
        raise NotationError(
            "{name} is larger than {most} MB. Choose a file with the tune alone.",
            name=name,
            most=MAX_FILE_BYTES // 1_000_000,
        )
    if name.lower().endswith((".mid", ".midi")):
        text = transcribe(data, name.rpartition(".")[0])
    else:
        text = require_tunes(decode_text(data))[0].text
    if len(text) > MAX_TUNE_CHARACTERS:
        raise NotationError(
            "The first tune of {name} has {count:,} characters; at most {most:,} are read. "
            "Choose a shorter one.",
            name=name,
            count=len(text),
            most=MAX_TUNE_CHARACTERS,
        )
    tune, _problems = read_tune(write_plain(text) or text)
    return first_bars(tune, bars)
