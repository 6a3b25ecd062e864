"""Tunes as files in a folder: every format of `musicgen.rendering.files`, and all as a ZIP."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from musicgen.cli.output import check_free, write_output
from musicgen.config import Paths
from musicgen.engraving.engraver import missing_part
from musicgen.library.book_tune import to_file_name
from musicgen.rendering.files.archive import DEFAULT_FORMATS, ArchivedTune, different, pack
from musicgen.rendering.files.formats import FORMATS, ExportTune, make_all
from musicgen.sampling.composer import Composition
from musicgen.storage import list_folder

ZIP = "zip"
CHOICES = (*FORMATS, ZIP)
"""All formats that a command knows."""


@dataclass(frozen=True, slots=True)
class Written:
    """The files of a tune, why others are missing, and remarks on them."""

    paths: list[Path]
    warning: str
    remark: str = ""


def add_title(tune: Composition, stem: str) -> str:
    """What the files of a composed tune are called: its title comes first, if it has one."""
    title = tune.public_tune.title
    return f"{to_file_name(title)}-{stem}" if title else stem


class TuneFiles:
    """Writes tunes into a folder, and at the end what they have in common.

    Args:
        folder: Made if it is not there.
        formats: Of `CHOICES`.
        paths: Where the engraver lies.
        keeps_text: A tune that cannot be heard is written as ABC, asked for or not.
        overwrite: Whether files that are there already may be written over.

    Raises:
        SetupError: a format needs what is not here.
    """

    def __init__(
        self,
        folder: Path,
        formats: Sequence[str],
        paths: Paths,
        *,
        keeps_text: bool = False,
        overwrite: bool = False,
    ) -> None:
        needs_engraver = any(name != ZIP and FORMATS[name].is_engraved for name in formats)
        missing = missing_part(paths) if needs_engraver else None
        if missing:
            raise missing
        self._folder = folder
        self._single = tuple(name for name in formats if name != ZIP)
        self._has_zip = ZIP in formats
        self._in_zip = self._single or tuple(
            name
            for name in DEFAULT_FORMATS
            if not FORMATS[name].is_engraved or not missing_part(paths)
        )
        self._keeps_text, self._overwrite = keeps_text, overwrite
        self._takes: list[ArchivedTune] = []
        self._stems: list[str] = []

    def check(self, stems: Sequence[str], archive: str, *, titled: bool = False) -> None:
        """Checks that none of the files exists yet, before any tune is made.

        Args:
            stems: Those of all tunes that `write` will be given, in order.
            archive: That of `finish`.
            titled: Whether a title will stand before a stem (`add_title`): no file may end so.

        Raises:
            StorageError: a file is there already, and may not be written over.
        """
        names = [
            f"{stem}.{FORMATS[name].suffix}" for stem in different(stems) for name in self._single
        ]
        if titled:
            there = sorted(path.name for path in list_folder(self._folder))
            endings = tuple(f"-{name}" for name in names)
            names += [name for name in there if name.endswith(endings)]
        names += [f"{archive}.{ZIP}"] if self._has_zip else []
        check_free((self._folder / name for name in names), self._overwrite)

    def write(self, piece: ExportTune) -> Written:
        """Writes a tune in each format in which it can be made.

        Raises:
            StorageError: a file cannot be written.
        """
        self._stems = different([*self._stems, piece.stem])
        piece = replace(piece, stem=self._stems[-1])
        made = make_all(piece, self._in_zip)
        if self._keeps_text and any(FORMATS[name].is_sounding for name in made.missing):
            made.files["abc"] = piece.make("abc")
        if self._has_zip:
            self._takes.append(ArchivedTune(piece.stem, piece, made))
        paths = [
            self._write(f"{piece.stem}.{FORMATS[name].suffix}", data)
            for name, data in made.files.items()
            if self._single
        ]
        said = (made.missing.values(), made.remarks.values())
        return Written(paths, *(" ".join(dict.fromkeys(map(str, one))) for one in said))

    def finish(self, stem: str) -> list[Path]:
        """Writes the ZIP of all tunes, if one is asked for, and returns it.

        Raises:
            StorageError: it cannot be written.
        """
        takes = [take for take in self._takes if take.made.files]
        return [self._write(f"{stem}.{ZIP}", pack(takes))] if takes else []

    def _write(self, name: str, data: bytes) -> Path:
        path = self._folder / name
        write_output(path, data, self._overwrite)
        return path
