"""What the service does with a request, in threads of its own: compose, check, render, compare."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from musicgen.errors import NotationError
from musicgen.evaluation.novelty.description import describe_novelty, describe_real
from musicgen.notation.analysis.checking import check_tunebook, describe_check, summarise_checks
from musicgen.notation.parsing.characters import is_binary, without_invisible
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tunebook import decode_text, require_tunes
from musicgen.rendering.files.formats import FORMATS, ExportTune, from_composition
from musicgen.rendering.playback_settings import PlaybackSettings
from musicgen.sampling.composer import Composition, compose
from musicgen.sampling.description import describe_composition
from musicgen.serving.metrics import ServiceMetrics
from musicgen.serving.models import ServedModels
from musicgen.serving.orders import ComposeOrder

MAX_TUNES = 100
"""Tunes of a text that are looked at."""


class OutOfTime(Exception):
    """A request took longer than it may."""


@dataclass(frozen=True, slots=True)
class ServedFile:
    """A file to send: its bytes, media type and name."""

    data: bytes
    mime: str
    name: str


class Workshop:
    """Composes, checks, renders and compares.

    Args:
        models: The models.
        metrics: Counts what was composed.
        limit_s: Seconds that composing may take.
    """

    def __init__(self, models: ServedModels, metrics: ServiceMetrics, limit_s: float) -> None:
        self._models, self._metrics, self._limit_s = models, metrics, limit_s

    def compose(
        self, order: ComposeOrder, on_text: Callable[[str], None] = lambda _text: None
    ) -> list[Composition]:
        """The tunes that were asked for.

        Args:
            order: What is asked for.
            on_text: Called every few characters with the text of the first tune so far.

        Raises:
            MusicgenError: they cannot be composed.
            OutOfTime: it takes too long.
        """
        end = time.monotonic() + self._limit_s

        def watch(texts: list[str]) -> None:
            if time.monotonic() > end:
                raise OutOfTime
            on_text(texts[0] if texts else "")

        model = self._models.find(order.model)
        batcher = self._models.find_batcher(model, order.config.precision)
        with batcher.composing():
            tunes = compose(model.checkpoint, order.config, watch, batcher)
        self._metrics.add("musicgen_tunes_total", len(tunes))
        self._metrics.add("musicgen_characters_total", sum(len(one.char_probs) for one in tunes))
        return tunes

    def compose_json(self, order: ComposeOrder) -> dict[str, Any]:
        """The same with all that is known of them, JSON-ready."""
        tunes = self.compose(order)
        return {
            "model": order.model,
            "fingerprint": tunes[0].fingerprint if tunes else "",
            "tunes": [
                describe_composition(one)
                | {
                    "abc": from_composition(one, playback=order.playback).abc,
                    "provenance": one.provenance(order.playback.to_values()),
                }
                for one in tunes
            ],
        }

    def compose_file(self, order: ComposeOrder) -> ServedFile:
        """One tune as a file."""
        (tune,) = self.compose(order)
        return _make(from_composition(tune, playback=order.playback), order.format)

    def check(self, body: bytes) -> dict[str, Any]:
        """What is wrong with the tunes of a text.

        Raises:
            NotationError: it holds no tune.
        """
        checks = check_tunebook(read_tunes_body(body))
        return {"summary": summarise_checks(checks), "tunes": [*map(describe_check, checks)]}

    def render(self, body: bytes, form: str, playback: PlaybackSettings) -> ServedFile:
        """The first tune of a text as a file.

        Raises:
            MusicgenError: it cannot be.
        """
        text = require_tunes(read_tunes_body(body))[0].text
        tune = playback.apply_to(read_tune(text)[0])
        made = ExportTune("tune", tune.text, tune, arrangement=playback.arrangement)
        return _make(made, form)

    def compare(self, body: bytes, model_name: str) -> dict[str, Any]:
        """How new the tunes of a text are to what a model learned from.

        Raises:
            CorpusError: what it learned from is not here.
        """
        text = read_tunes_body(body)
        model = self._models.find(model_name)
        index = self._models.find_index(model)
        return {
            "compared_with": model.ref.name,
            "real": describe_real(index),
            "tunes": [
                {"title": read_tune(one.text)[0].title} | describe_novelty(index, one.text)
                for one in require_tunes(text)
            ],
        }


def _make(tune: ExportTune, form: str) -> ServedFile:
    known = FORMATS[form]
    return ServedFile(tune.make(form), known.mime, f"{tune.stem}.{known.suffix}")


def read_tunes_body(body: bytes) -> str:
    """The tunes that a body holds.

    Raises:
        NotationError: there is none, or there are too many.
    """
    text = decode_text(body)
    if is_binary(text):
        raise NotationError("This is not a text. Send tunes in ABC notation.")
    text = without_invisible(text)
    if len(require_tunes(text)) > MAX_TUNES:
        raise NotationError(
            "There are more than {most} tunes in this text. Send fewer at once.", most=MAX_TUNES
        )
    return text
