"""Tunes and sets of a tunebook as files, which bear their titles."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from musicgen.audio.midi import MAX_DURATION_S, timeline
from musicgen.config import Paths
from musicgen.errors import AudioError
from musicgen.library.book_tune import BookSet, BookTune, make_tune, moved, to_file_name
from musicgen.library.tunebook import Tunebook
from musicgen.rendering.files.formats import ExportTune
from musicgen.rendering.files.tune_set import ExportSet
from musicgen.rendering.playback_settings import PlaybackSettings


def export_tune(
    tune: BookTune, playback: PlaybackSettings, paths: Paths, semitones: int = 0
) -> ExportTune:
    """A tune of the book to be exported under its title.

    Raises:
        NotationError: it cannot be written down in that key.
    """
    sheet = playback.apply_to(moved(tune, semitones))
    return ExportTune(tune.stem, sheet.text, sheet, "", "", playback.arrangement, b"", paths)


@dataclass(frozen=True)
class PlayedSet:
    """A set with its tunes as they are played, one after the other.

    `pieces` has a tune as often as it comes, the same object each time; `sheets` has it once.
    """

    name: str
    pieces: tuple[ExportTune, ...]
    sheets: tuple[ExportTune, ...]

    @property
    def stem(self) -> str:
        """A name for its files, without an ending."""
        return to_file_name(self.name)

    @property
    def duration_s(self) -> float:
        """How long it lasts, the echo of the last note not counted."""
        return sum(self._lengths)

    @property
    def starts_s(self) -> tuple[float, ...]:
        """When each piece begins, in seconds."""
        lengths = self._lengths
        return tuple(sum(lengths[:place]) for place in range(len(lengths)))

    def moments(self, sheet: ExportTune) -> list[tuple[int, float, float]]:
        """When the notes of one of the `sheets` sound in the whole set.

        As `audio.midi.timeline`: where a note begins in the text of its tune, its onset and its
        length in seconds; and each time that the tune is over, a moment of length 0 at no note, -1.
        """
        once = timeline(sheet.tune, sheet.arrangement)
        found = []
        for piece, begin_s in zip(self.pieces, self.starts_s, strict=True):
            if piece is sheet:
                found += [(start, begin_s + onset_s, length) for start, onset_s, length in once]
                found.append((-1, begin_s + _end_s(once), 0.0))
        return found

    @property
    def _lengths(self) -> list[float]:
        ends = {id(piece): _end_s(timeline(piece.tune, piece.arrangement)) for piece in self.sheets}
        return [ends[id(piece)] for piece in self.pieces]

    def make(self, name: str) -> bytes:
        """The set as a file of `tune_set.SET_FORMATS`; as ABC each tune once.

        Raises:
            AudioError: a tune has no sound, or it would last too long.
        """
        if name == "abc":
            return ExportSet(self.sheets).make(name)
        if self.duration_s > MAX_DURATION_S:
            raise AudioError(
                "The set would last {minutes:,.0f} minutes; more than {most} are not played. "
                "Repeat its tunes less often.",
                minutes=self.duration_s / 60,
                most=MAX_DURATION_S // 60,
            )
        return ExportSet(self.pieces).make(name)


def _end_s(moments: Sequence[tuple[int, float, float]]) -> float:
    _start, onset_s, length_s = moments[-1]
    return onset_s + length_s


def play_set(
    book: Tunebook, wanted: BookSet, playback: PlaybackSettings, paths: Paths
) -> PlayedSet:
    """A set as it is played.

    Raises:
        TunebookError: a tune is gone.
        NotationError: one cannot be written down in its key.
    """
    pieces: list[ExportTune] = []
    sheets: list[ExportTune] = []
    for part in wanted.tunes:
        piece = export_tune(book.get(part.key), playback, paths, part.transpose)
        sheets.append(piece)
        pieces += [piece] * part.repeats
    return PlayedSet(wanted.name, tuple(pieces), tuple(sheets))


def tunes_of_set(book: Tunebook, wanted: BookSet) -> list[BookTune]:
    """The tunes of a set in its order, as they are played: in their keys, with how often as a note.

    Raises:
        TunebookError: a tune is gone.
        NotationError: one cannot be written down in its key.
    """
    found = []
    for place, part in enumerate(wanted.tunes):
        tune = book.get(part.key)
        sheet = moved(tune, part.transpose)
        made = make_tune(sheet.text, tune.title, f"{tune.key[:14]}{place:02d}")
        times = f"×{part.repeats}" if part.repeats > 1 else ""
        note = " · ".join(filter(None, [times, tune.note.partition("\n")[0]]))
        found.append(replace(made, note=note, tags=tune.tags))
    return found


def pick_tunes(book: Tunebook, names: Sequence[str]) -> list[BookTune]:
    """Tunes by their titles or the beginnings of their keys; all where none is named.

    Raises:
        TunebookError: one is not there.
    """
    found = {tune.key: tune for tune in map(book.find, names)}
    return list(found.values()) or book.tunes()
