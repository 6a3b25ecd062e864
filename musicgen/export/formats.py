"""The formats a trained network is exported in: one entry for each.

A writer compares what it made with our own engine (`musicgen.export.comparison`) and returns what
it compared; where they do not agree it raises an `ExportError` and leaves no file behind. To add a
format, write a module with such a function and give it an entry here: command, page and tests go
through `EXPORT_FORMATS`.
"""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from musicgen.errors import ExportError
from musicgen.translatable import N_, Sentence

if TYPE_CHECKING:
    from musicgen.models.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class Agreement:
    """How near an export came to our engine in one comparison.

    Args:
        subject: What was compared, such as ``logits of the step``.
        characters: Over how many characters.
        tunes: Of how many tunes.
        largest: The largest difference.
        tolerance: The largest that is accepted; 0 where every bit has to be the same.
    """

    subject: Sentence
    characters: int
    tunes: int
    largest: float
    tolerance: float

    @property
    def is_within(self) -> bool:
        """Whether the difference is accepted; one that is not a number never is."""
        return self.largest <= self.tolerance


CHARACTERS_COMPOSED = Sentence("characters composed")
STEP_LOGITS = Sentence("logits of the step")
STEP_LOGITS_INT8 = Sentence("logits of the step in 8 bits")

Writer = Callable[["Checkpoint", Path], list[Agreement]]
"""Writes a checkpoint to a path that is free, in one piece, and returns what was compared."""


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A format.

    Args:
        key: What the option ``--format`` and file names call it.
        label: What people call it.
        suffix: Of its file, the dot included; empty where it is a folder.
        meaning: One sentence: what one does with it.
        place: ``module:function`` of its `Writer`; it is imported when it is used.
    """

    key: str
    label: str
    suffix: str
    meaning: str
    place: str

    def write(self, checkpoint: "Checkpoint", path: Path) -> list[Agreement]:
        """Writes the file or folder and returns what was compared.

        Raises:
            ExportError: the network cannot be exported so, or the export does not agree with it.
            StorageError: it cannot be written.
        """
        module, function = self.place.split(":")
        writer = cast(Writer, getattr(importlib.import_module(module), function))
        return writer(checkpoint, path)


EXPORT_FORMATS: dict[str, ExportFormat] = {
    one.key: one
    for one in (
        ExportFormat(
            "onnx", "ONNX", "",
            N_("One step and whole sequences, for ONNX Runtime in any language."),
            "musicgen.export.onnx_export:write_onnx",
        ),
        ExportFormat(
            "tflite", "LiteRT", "",
            N_("One step for telephones (TensorFlow Lite), in float32 and with 8-bit weights."),
            "musicgen.export.litert_export:write_litert",
        ),
        ExportFormat(
            "numpy", "NumPy", "",
            N_("Weights, and a short Python script that composes with NumPy alone."),
            "musicgen.export.numpy_export:write_numpy",
        ),
        ExportFormat(
            "c", "C", ".h",
            N_("One header in C99, in whole numbers, for any program and for a microcontroller."),
            "musicgen.export.c_source:write_c",
        ),
        ExportFormat(
            "html", "HTML", ".html",
            N_("One page that composes, shows and plays, from disk and without a network."),
            "musicgen.export.html_page:write_html",
        ),
        ExportFormat(
            "tensorrt", "TensorRT", ".plan",
            N_("One step for the NVIDIA GPU of this machine."),
            "musicgen.export.tensorrt_export:write_tensorrt",
        ),
    )
}  # fmt: skip
"""The formats by key, in the order in which they are offered."""


def get_format(key: str) -> ExportFormat:
    """The format of that key.

    Raises:
        ExportError: there is none; the message lists the keys.
    """
    if key not in EXPORT_FORMATS:
        raise ExportError(
            "There is no export format {key!r}. Choose from: {known}.",
            key=key,
            known=", ".join(EXPORT_FORMATS),
        )
    return EXPORT_FORMATS[key]


def require_agreement(name: str, agreements: Sequence[Agreement]) -> None:
    """Makes sure that an export says what the network says, before it is written.

    Args:
        name: What it is called, such as ``ONNX``.
        agreements: All that was compared.

    Raises:
        ExportError: one of them is not within its tolerance, or nothing was compared.
    """
    if not agreements:
        raise ExportError("{name}: nothing was compared, so nothing was written.", name=name)
    for one in agreements:
        if not one.is_within:
            raise ExportError(
                "{name}: the {subject} differ by {largest:.3g} from those of the network, and at "
                "most {tolerance:.3g} is accepted. Nothing was written.",
                name=name,
                subject=one.subject,
                largest=one.largest,
                tolerance=one.tolerance,
            )


def describe_agreement(agreement: Agreement) -> dict[str, Any]:
    """A comparison as JSON-ready values."""
    return {
        "subject": agreement.subject,
        "characters": agreement.characters,
        "tunes": agreement.tunes,
        "largest": agreement.largest,
        "tolerance": agreement.tolerance,
    }
