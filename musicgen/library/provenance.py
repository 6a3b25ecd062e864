"""The way back: from the line that every file carries to the tune it was written for.

`Composition.provenance` writes ``musicgen checkpoint=… fingerprint=… seed=… settings={json}``; this
module finds such lines in text, reads them, and says what keeps a tune from being made again. It
needs no network, so that files can be written and read without waiting for torch.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from musicgen.config import SampleConfig, describe
from musicgen.errors import ConfigError, ProvenanceError
from musicgen.sampling.edit_list import Edit, parse_edits

if TYPE_CHECKING:
    from musicgen.models.checkpoint import Checkpoint

MARK = "musicgen checkpoint="
"""What a line of ours begins with."""

MAX_RECIPE_LINE = 100_000
"""Characters of a line that are read: ours have some hundred, with a long beginning 6,000."""

MAX_RECIPES = 10_000
"""Lines of ours that are read in one text: an archive of a thousand tunes has so many each once."""

_HEAD = re.compile(
    r"musicgen checkpoint=(?P<checkpoint>[^\n\r\0]{0,200}?) "
    r"fingerprint=(?P<fingerprint>[0-9a-f]{4,64}) seed=(?P<seed>[0-9]{1,10}) settings=(?=\{)"
)
_SETTINGS = frozenset(info.name for info in describe(SampleConfig)) - {"seed", "count"}
_PROMPT_LENGTH, _PROMPT_DIGEST = "prompt_characters", "prompt_sha256"
_EDIT_COUNT = "edits_left_out"
_HEARD = "heard"
_MARKS = frozenset({"grammar", "edits", _HEARD, _PROMPT_LENGTH, _PROMPT_DIGEST, _EDIT_COUNT})


@dataclass(frozen=True)
class Recipe:
    """How a tune was made: which network, and what it was asked for.

    `config` has the tune's own seed and asks for one tune. `edits` are what was changed in it
    afterwards, in order. `grammar` is the version of the grammar that watched, 0 for none.
    A beginning too long for its file is known by `prompt_digest` and `prompt_length` only.
    `playback` are the playback settings of the file, as text
    (`rendering.playback_settings`).
    """

    checkpoint: str
    fingerprint: str
    config: SampleConfig
    edits: tuple[Edit, ...] = ()
    grammar: int = 0
    prompt_length: int = 0
    prompt_digest: str = ""
    playback: Mapping[str, Any] = field(default_factory=dict)

    def with_prompt(self, prompt: str) -> "Recipe":
        """The recipe with the beginning that its file had no room for.

        Raises:
            ProvenanceError: the file has its beginning, or it is another one.
        """
        if not self.prompt_digest:
            raise ProvenanceError("The file holds the beginning of its tune: leave out --prompt.")
        if digest(prompt) != self.prompt_digest:
            raise ProvenanceError(
                "That is not the beginning this tune was made from: it had {count} characters.",
                count=self.prompt_length,
            )
        return replace(self, config=self.config.replace(prompt=prompt), prompt_digest="")


def digest(prompt: str) -> str:
    """What a beginning is known by where there is no room for it."""
    return hashlib.sha256(prompt.encode()).hexdigest()[:16]


def parse_provenance(text: str) -> Recipe:
    """The recipe in a text that holds one line of ours.

    Raises:
        ProvenanceError: there is none, it is cut off, or asks for what this version does not know.
    """
    recipe = next(find_recipes(text), None)
    if recipe is None:
        raise ProvenanceError(
            "This does not say how it was made. Take a file that this program wrote, as it was."
        )
    return recipe


def find_recipes(text: str) -> Iterator[Recipe]:
    """All recipes in a text, in order, each as often as it is there.

    Raises:
        ProvenanceError: a line of ours is cut off, or asks for what this version does not know.
    """
    position, count = text.find(MARK), 0
    while position >= 0:
        count += 1
        if count > MAX_RECIPES:
            raise ProvenanceError(
                "The file speaks of more than {most:,} tunes. Split it into several files.",
                most=MAX_RECIPES,
            )
        recipe, position = _read(text, position)
        yield recipe
        position = text.find(MARK, position)


def _read(text: str, start: int) -> tuple[Recipe, int]:
    head = _HEAD.match(text, start)
    if head is None:
        raise _cut_off()
    try:
        settings, end = json.JSONDecoder().raw_decode(text, head.end())
    except (ValueError, RecursionError) as error:
        raise _cut_off() from error
    if end - start > MAX_RECIPE_LINE:
        raise _cut_off()
    name = _unescaped(head["checkpoint"])
    recipe = _make(name, head["fingerprint"], int(head["seed"]), settings)
    return recipe, end


def _unescaped(name: str) -> str:
    """A name as it was before `fit_provenance` wrote it in ASCII: no name has a backslash."""
    if "\\u" not in name:
        return name
    try:
        return str(json.loads(f'"{name}"'))
    except ValueError:
        return name


def _cut_off() -> ProvenanceError:
    return ProvenanceError(
        "What this file says about how it was made is cut off or was changed. "
        "Take the ABC or MIDI file of the same tune."
    )


def _make(checkpoint: str, fingerprint: str, seed: int, settings: dict[str, Any]) -> Recipe:
    unknown = sorted(settings.keys() - _SETTINGS - _MARKS)
    if unknown:
        raise ProvenanceError(
            "This was made with settings that this version does not know: {names}. "
            "Update the program.",
            names=", ".join(unknown)[:200],
        )
    asked = {name: value for name, value in settings.items() if name in _SETTINGS}
    edits, version = settings.get("edits", []), settings.get("grammar", 0)
    left_out, length = settings.get(_EDIT_COUNT, 0), settings.get(_PROMPT_LENGTH, 0)
    known_by, playback = settings.get(_PROMPT_DIGEST, ""), settings.get(_HEARD, {})
    if left_out:
        raise ProvenanceError(
            "The file had no room for what was rewritten in the tune. "
            "Take the ABC or MIDI file of the same tune."
        )
    kinds = ((version, int), (length, int), (known_by, str), (playback, dict))
    if any(type(value) is not kind for value, kind in kinds):
        raise _cut_off()
    # Before there was a grammar, the line said nothing of it: those tunes were written freely.
    asked = asked if version else asked | {"free": True}
    try:
        config = SampleConfig.from_dict(asked | {"seed": seed, "count": 1})
        changes = parse_edits(edits)
    except ConfigError as error:
        raise ProvenanceError(
            "The file asks for what is not possible: {reason}", reason=error
        ) from error
    return Recipe(checkpoint, fingerprint, config, changes, version, length, known_by, playback)


def check_recipe(recipe: Recipe, checkpoint: "Checkpoint") -> None:
    """Checks that a network would make exactly the tune of a recipe.

    Raises:
        ProvenanceError: it is another network, or the grammar has changed since.
    """
    from musicgen.sampling.guidance import GRAMMAR_VERSION

    if recipe.fingerprint != checkpoint.fingerprint:
        raise ProvenanceError(
            "This was made with another version of {name} ({then}; here is {now}): the tune may "
            "differ. To make it all the same, add --anyway.",
            name=recipe.checkpoint,
            then=recipe.fingerprint[:6],
            now=checkpoint.fingerprint[:6],
        )
    if recipe.grammar not in (0, GRAMMAR_VERSION):
        raise ProvenanceError(
            "This was made under version {then} of the grammar, and here is version {now}: the "
            "tune may differ. To make it all the same, add --anyway.",
            then=recipe.grammar,
            now=GRAMMAR_VERSION,
        )


def check_complete(recipe: Recipe) -> None:
    """Checks that a recipe has all that is needed.

    Raises:
        ProvenanceError: its beginning is missing.
    """
    if recipe.prompt_digest:
        raise ProvenanceError(
            "The beginning of this tune, {count} characters, was too long for the file. Give it "
            "with --prompt, or take the ABC or MIDI file of the same tune.",
            count=recipe.prompt_length,
        )


def fit_provenance(line: str, max_bytes: int, *, ascii_only: bool = False) -> str:
    """A provenance line in at most `max_bytes` bytes of UTF-8, as it is where it fits.

    What is too long is left out whole, so that what remains can be read: first the beginning of the
    tune, of which length and digest stay, then what was rewritten, of which the number stays. Other
    text is returned as it is.

    Args:
        line: As `Composition.provenance` writes it.
        max_bytes: Room in the file.
        ascii_only: Writes all other characters as JSON escapes, for carriers that know ASCII only.
    """
    head = _HEAD.match(line)
    if head is None:
        return line
    settings = json.loads(line[head.end() :])
    text = _join(head[0], settings, ascii_only)
    if len(text.encode()) > max_bytes and settings.get("prompt"):
        prompt = settings.pop("prompt")
        settings |= {_PROMPT_LENGTH: len(prompt), _PROMPT_DIGEST: digest(prompt)}
        text = _join(head[0], settings, ascii_only)
    if len(text.encode()) > max_bytes and settings.get("edits"):
        settings[_EDIT_COUNT] = len(settings.pop("edits"))
        text = _join(head[0], settings, ascii_only)
    return text


def _join(head: str, settings: dict[str, Any], ascii_only: bool) -> str:
    if ascii_only:
        head = "".join(sign if sign.isascii() else json.dumps(sign)[1:-1] for sign in head)
    return head + json.dumps(settings, ensure_ascii=ascii_only, separators=(",", ":"))
