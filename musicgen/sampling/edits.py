"""Changes to a composed tune, made in order: the same changes give the same tune again."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from musicgen.corpus.lab import SEPARATOR
from musicgen.errors import CompositionError
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.parsing.reader import read_tune
from musicgen.sampling.composer import Composition, compose
from musicgen.sampling.edit_list import Edit, Take
from musicgen.sampling.infilling import rewrite_bars
from musicgen.sampling.text_scoring import drawn_probs

OnText = Callable[[list[str]], None]


def apply_edits(
    checkpoint: Checkpoint,
    composition: Composition,
    edits: Sequence[Edit],
    on_text: OnText | None = None,
) -> Composition:
    """A composition with further changes, which are added to its list of them.

    Args:
        checkpoint: The network that composed it.
        composition: What to change; it stays as it is.
        edits: What to do, in order.
        on_text: Called with the text as it grows, where the network goes on from a character.

    Raises:
        CompositionError: a change does not fit the tune.
        GrammarError: the rules that the tune was to keep do not allow it.
    """
    for edit in edits:
        if isinstance(edit, Take):
            composition = _take(checkpoint, composition, edit, on_text)
        else:
            chosen = rewrite_bars(
                checkpoint, composition.config, composition.abc,
                edit.first_bar, edit.last_bar, edit.seed,
            )  # fmt: skip
            found = [one for one in chosen if one.choice == edit.choice]
            if not found:
                raise _unfit()
            composition = _changed(checkpoint, composition, edit, found[0].abc)
    return composition


def _unfit() -> CompositionError:
    return CompositionError(
        "A change does not fit the tune: it was made to another one, or by another version."
    )


def _take(
    checkpoint: Checkpoint, composition: Composition, edit: Take, on_text: OnText | None
) -> Composition:
    text = composition.abc[: edit.offset] + edit.character
    if edit.offset > len(composition.abc):
        raise _unfit()
    if text.endswith(SEPARATOR):  # the tune is to end here
        return _changed(checkpoint, composition, edit, text.rstrip("\n") + "\n", is_complete=True)
    config = composition.config.replace(prompt=text, candidates=1)
    (fresh,) = compose(checkpoint, config, on_text)
    changed = _changed(checkpoint, composition, edit, fresh.abc, is_complete=fresh.is_complete)
    count = composition.mask_interventions + fresh.mask_interventions
    return replace(changed, mask_interventions=count)


def _changed(
    checkpoint: Checkpoint,
    composition: Composition,
    edit: Edit,
    abc: str,
    is_complete: bool | None = None,
) -> Composition:
    tune, problems = read_tune(abc)
    start = min(composition.drawn_start, _first_difference(composition.abc, abc))
    return replace(
        composition,
        abc=abc,
        tune=tune,
        problems=tuple(problems),
        drawn_start=start,
        char_probs=drawn_probs(checkpoint, composition.config, abc, start),
        is_complete=composition.is_complete if is_complete is None else is_complete,
        edits=(*composition.edits, edit),
    )


def _first_difference(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
