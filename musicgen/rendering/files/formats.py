"""A tune in every format: bytes, each made when it is first asked for."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from musicgen.audio.arrangement import Arrangement
from musicgen.audio.files import MAX_COMMENT_BYTES, MIME_TYPES, audio_bytes, midi_bytes
from musicgen.audio.midi import to_midi
from musicgen.audio.synthesis import Rendering, synthesize
from musicgen.audio.tempo import default_qpm
from musicgen.config import Paths
from musicgen.errors import EngravingError, MusicgenError
from musicgen.library.provenance import fit_provenance
from musicgen.notation.model import Tune
from musicgen.notation.writing.musicxml import write_musicxml
from musicgen.rendering.playback_settings import PlaybackSettings
from musicgen.translatable import Sentence

if TYPE_CHECKING:
    from pretty_midi import PrettyMIDI

    from musicgen.engraving.engraver import Engraving
    from musicgen.engraving.pages import Page
    from musicgen.sampling.composer import Composition


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file.

    Attributes:
        name: What `--formats` takes.
        label: Its name for people.
        suffix: How its files end; `musicgen.render` takes it.
        mime: Media type.
        is_sounding: A tune without notes has none.
        is_engraved: It needs node and abcjs, or abc2svg where it is in numbered notation.
        is_packed: It gets smaller in a ZIP file.
    """

    name: str
    label: str
    suffix: str
    mime: str
    is_sounding: bool = False
    is_engraved: bool = False
    is_packed: bool = False


FORMATS: dict[str, Format] = {
    one.name: one
    for one in (
        Format("abc", "ABC", "abc", "text/vnd.abc", is_packed=True),
        Format("midi", "MIDI", "mid", MIME_TYPES["mid"], is_sounding=True, is_packed=True),
        Format("wav", "WAV", "wav", MIME_TYPES["wav"], is_sounding=True, is_packed=True),
        Format("mp3", "MP3", "mp3", MIME_TYPES["mp3"], is_sounding=True),
        Format("ogg", "OGG", "ogg", MIME_TYPES["ogg"], is_sounding=True),
        Format("flac", "FLAC", "flac", MIME_TYPES["flac"], is_sounding=True),
        Format(
            "musicxml",
            "MusicXML",
            "musicxml",
            "application/vnd.recordare.musicxml+xml",
            is_packed=True,
        ),
        Format("pdf", "PDF", "pdf", "application/pdf", is_engraved=True),
        Format("svg", "SVG", "svg", "image/svg+xml", is_engraved=True, is_packed=True),
        Format("jianpu", "Jianpu PDF", "jianpu.pdf", "application/pdf", is_engraved=True),
    )
}
"""The formats of one tune by name; `ExportTune` has a maker for each."""


@dataclass(frozen=True)
class ExportTune:
    """A tune to be exported.

    Attributes:
        stem: Name of its files without their endings.
        abc: Its text for the ABC file.
        tune: The same, as it was read.
        comment: Provenance for every file; empty for none.
        note: The same for people, at the foot of the pages.
        arrangement: How it sounds; a flute as written if None.
        wav: Its sound, where it has been rendered before.
        paths: Where the engraver lies.
    """

    stem: str
    abc: str
    tune: Tune
    comment: str = ""
    note: str = ""
    arrangement: Arrangement | None = None
    wav: bytes = b""
    paths: Paths = field(default_factory=Paths.default)

    def make(self, name: str) -> bytes:
        """The file of the format `name`, one of `FORMATS`; the same object when asked for again.

        Raises:
            AudioError: the tune has no sound.
            EngravingError: it cannot be drawn.
            SetupError: what draws it is not here.
        """
        if name not in self._made:
            if name not in self._makers:
                raise NotImplementedError(f"ExportTune._makers has no entry for {name!r}.")
            self._made[name] = self._makers[name]()
        return self._made[name]

    @cached_property
    def _made(self) -> dict[str, bytes]:
        return {}

    @cached_property
    def _makers(self) -> dict[str, Callable[[], bytes]]:
        """What makes the file of each format of `FORMATS`."""
        return {
            "abc": self.abc.encode,
            "midi": lambda: midi_bytes(self._midi),
            "wav": lambda: self._compress("wav"),
            "mp3": lambda: self._compress("mp3"),
            "ogg": lambda: self._compress("ogg"),
            "flac": lambda: self._compress("flac"),
            "musicxml": lambda: write_musicxml(self.tune, self.comment).encode(),
            "pdf": lambda: self._write_pdf(self.engraving),
            "jianpu": lambda: self._write_pdf(self.numbers),
            "svg": self._write_svg,
        }

    @cached_property
    def _midi(self) -> "PrettyMIDI":
        return to_midi(self.tune, self.arrangement, comment=self.comment)

    @cached_property
    def rendering(self) -> Rendering:
        """Its sound, before it is made a file.

        Raises:
            AudioError: the tune has no sound.
        """
        return synthesize(self._midi)

    def _compress(self, suffix: str) -> bytes:
        if suffix == "wav" and self.wav:
            return self.wav
        comment = fit_provenance(self.comment, MAX_COMMENT_BYTES, ascii_only=suffix == "mp3")
        if not self.wav:
            rendering = self.rendering
            return audio_bytes(rendering.waveform, rendering.sample_rate, suffix, comment)
        import soundfile

        samples, rate = soundfile.read(io.BytesIO(self.wav), dtype="float32", always_2d=True)
        return audio_bytes(samples.T, rate, suffix, comment)

    @cached_property
    def engraving(self) -> "Engraving":
        """Its lines of music.

        Raises:
            EngravingError: it cannot be drawn.
            SetupError: what draws it is not here.
        """
        from musicgen.engraving.engraver import engrave

        return engrave(self.tune, self._qpm, self.paths)

    @cached_property
    def numbers(self) -> "Engraving":
        """Its lines of numbered notation (jianpu).

        Raises:
            EngravingError: it cannot be drawn.
            SetupError: what draws it is not here.
        """
        from musicgen.engraving.engraver import engrave_numbers

        (drawn,) = engrave_numbers([self.tune], self.paths, qpm=self._qpm)
        if isinstance(drawn, EngravingError):
            raise drawn
        return drawn

    @property
    def _qpm(self) -> Fraction:
        factor = self.arrangement.tempo_factor if self.arrangement else 1.0
        return default_qpm(self.tune.rhythm, self.tune.meter) * Fraction(factor)

    def remark(self, name: str) -> Sentence | None:
        """Remarks on a file: the characters that no font here has.

        Boxes with their numbers are drawn for them.

        Raises:
            EngravingError: it cannot be drawn.
            SetupError: what draws it is not here.
        """
        if not FORMATS[name].is_engraved:
            return None
        from musicgen.engraving.chinese_font import is_chinese_font_here
        from musicgen.engraving.fonts import missing_characters
        from musicgen.engraving.pages import page_text

        sheet = self._sheet_of(self.numbers) if name == "jianpu" else self._sheet
        missing = missing_characters(page_text([sheet]))
        if not missing:
            return None
        if not is_chinese_font_here():
            return Sentence(
                "No font here has {characters}: boxes with their numbers are drawn instead. The "
                "Chinese font is not here; fetch it with: python -m musicgen.installation fonts",
                characters=" ".join(missing),
            )
        return Sentence(
            "No font here has {characters}: boxes with their numbers are drawn instead. Install a "
            "font that has them, or write the title in other letters.",
            characters=" ".join(missing),
        )

    @cached_property
    def _sheet(self) -> "Page":
        return self._sheet_of(self.engraving)

    def _sheet_of(self, engraving: "Engraving") -> "Page":
        from musicgen.engraving.pages import lay_out_sheet

        return lay_out_sheet(self.tune, engraving, self.note)

    def _write_pdf(self, engraving: "Engraving") -> bytes:
        from musicgen.engraving.pages import describe_tune, lay_out_pages
        from musicgen.engraving.pdf import write_pdf

        comment = fit_provenance(self.comment, 1 << 20, ascii_only=True)
        pages = lay_out_pages(self.tune, engraving, self.note)
        composers = [value for letter, value in self.tune.fields if letter == "C" and value]
        return write_pdf(
            pages, self.tune.title or self.stem,
            author=", ".join(composers), subject=describe_tune(self.tune), keywords=comment,
        )  # fmt: skip

    def _write_svg(self) -> bytes:
        from musicgen.engraving.svg import write_svg

        return write_svg(self._sheet, self.tune.title or self.stem, self.comment).encode()


def from_composition(
    composition: "Composition",
    *,
    stem: str = "",
    playback: PlaybackSettings | None = None,
    wav: bytes = b"",
    paths: Paths | None = None,
) -> ExportTune:
    """A composition to be exported; by default its files are named after model and seed.

    Args:
        composition: What was composed.
        stem: Name of the files without their endings.
        playback: How it sounds and is written down; as composed if None.
        wav: Its sound, where it has been rendered before.
        paths: Where the engraver lies.

    Raises:
        NotationError: it cannot be written down in that key.
    """
    name, playback = composition.checkpoint, playback or PlaybackSettings()
    said = playback.to_values()
    tune = playback.apply_to(composition.public_tune)
    return ExportTune(
        stem or f"{name}-{composition.seed}",
        composition.to_abc(said, tune),
        tune,
        composition.provenance(said),
        f"musicgen · {name} {composition.fingerprint[:6]} · seed {composition.seed} · "
        f"temperature {composition.config.temperature:g}",
        playback.arrangement,
        wav,
        paths or Paths.default(),
    )


@dataclass(frozen=True)
class Made:
    """Files of a tune by format, why there are no others, and remarks on them."""

    files: dict[str, bytes]
    missing: dict[str, MusicgenError]
    remarks: dict[str, Sentence] = field(default_factory=dict)


def make_all(piece: ExportTune, names: Sequence[str]) -> Made:
    """A tune in several formats; those that cannot be made are missing, with the reason."""
    files: dict[str, bytes] = {}
    missing: dict[str, MusicgenError] = {}
    remarks: dict[str, Sentence] = {}
    for name in names:
        try:
            files[name] = piece.make(name)
            remark = piece.remark(name)
        except MusicgenError as error:
            missing[name] = error
            continue
        if remark:
            remarks[name] = remark
    return Made(files, missing, remarks)
