"""The tunes of a study: composed or taken from the held-out ones, bare of all that names them.

Every tune keeps its meter, unit note length, key and notes; titles, rhythms, tempi, words and
credits go. So all tunes of one meter are played at one tempo (`audio.tempo`), and by default all
are moved to one tonic. The tunes of a slot are in one meter: where the plan asks for none, the
first tune of the slot says which; a real one if there are any.
"""

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from musicgen.config import Paths, SampleConfig
from musicgen.corpus.dataset import load_dataset
from musicgen.errors import NotationError, StudyError
from musicgen.listening.plan import REAL, StudyPlan
from musicgen.listening.sound import blind_sound
from musicgen.listening.store import StudyTune
from musicgen.listening.trials import NOISE
from musicgen.models.checkpoint import find_checkpoint, load_checkpoint
from musicgen.notation.analysis.bars import check_bars
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.transposition import transpose
from musicgen.sampling.composer import SEEDS, Composition, compose

HELD_OUT_SIDE = "val"
TONIC = "D"
_KEPT_FIELDS = frozenset("MLKPVUmI")
_FIELD = re.compile(r"([A-Za-z+]):")
_PITCH = re.compile(r"[_^=]*[A-Ga-g][,']*")
_NOISE_PITCHES = tuple("CDEFGABcdefgab")
_NOISE_SIGNS = ("", "", "^", "_")
_ROUNDS = 4
"""How often a model is asked for further tunes where some did not come to their end."""

OnProgress = Callable[[int, int], None]
"""Called with the steps that are done and how many there are to be; a tune is two, to be found and
to be rendered. Now and then it is called while nothing new is done: what it raises ends the work.
"""


@dataclass(frozen=True, slots=True)
class BareTune:
    """A tune without anything that names it, and where it is from, in one line.

    `raw` is the text as a network wrote it; empty for other tunes.
    """

    abc: str
    provenance: str
    raw: str = ""


def make_tunes(
    plan: StudyPlan, paths: Paths, on_progress: OnProgress = lambda _done, _all: None
) -> list[StudyTune]:
    """All tunes of a study with their sound.

    Args:
        plan: What is asked.
        paths: Where models and corpora are.
        on_progress: As of `OnProgress`.

    Raises:
        StudyError: there are too few real tunes, or a model composes too few that end.
        CheckpointError, CorpusError, CompositionError: a model or corpus is missing, or cannot do
            what is asked of it.
    """
    whole = plan.slots * len(plan.versions)
    total = 2 * whole + plan.settings.checks
    found = _find_tunes(plan, paths, lambda done: on_progress(done, total))
    made: list[StudyTune] = []
    for version, tunes in enumerate(found):
        for slot, tune in enumerate(tunes):
            made.append(_sounding(plan, slot, version, tune))
            on_progress(whole + len(made), total)
    first_check = plan.settings.tunes + plan.practice_slots
    for slot in range(first_check, plan.slots):
        noise = BareTune(write_noise(found[0][slot].abc, slot), "other pitches in a tune's rhythm")
        made.append(_sounding(plan, slot, NOISE, noise))
        on_progress(whole + len(made), total)
    return made


def _sounding(plan: StudyPlan, slot: int, version: int, tune: BareTune) -> StudyTune:
    text = to_common_tonic(tune.abc) if plan.settings.same_key else tune.abc
    sound = blind_sound(read_tune(text)[0], plan.settings.seconds)
    return StudyTune(slot, version, text, tune.provenance, sound, tune.raw)


def _find_tunes(
    plan: StudyPlan, paths: Paths, on_found: Callable[[int], None]
) -> list[list[BareTune]]:
    """The tunes of each version, one for each slot."""
    first = next((n for n, one in enumerate(plan.versions) if one.model == REAL), 0)
    found: dict[int, list[BareTune]] = {}
    meters = [plan.settings.meter] * plan.slots
    for number in sorted(range(len(plan.versions)), key=lambda one: one != first):
        version = plan.versions[number]
        if version.model == REAL:
            found[number] = _real_tunes(plan, paths)
        else:
            done = sum(map(len, found.values()))

            def tell(count: int, done: int = done) -> None:
                on_found(done + count)

            found[number] = _composed(plan, number, meters, paths, tell)
        on_found(sum(map(len, found.values())))
        if number == first and not (plan.settings.meter or plan.settings.rhythm):
            meters = [read_tune(tune.abc)[0].meter.text for tune in found[number]]
    return [found[number] for number in range(len(plan.versions))]


def _real_tunes(plan: StudyPlan, paths: Paths) -> list[BareTune]:
    settings = plan.settings
    dataset = load_dataset(settings.source, paths)
    fitting = [
        tune
        for text in dataset.texts(HELD_OUT_SIDE)
        if _fits(tune := read_tune(text)[0], settings.meter, settings.rhythm)
    ]
    random.Random(settings.seed).shuffle(fitting)
    if len(fitting) < plan.slots:
        raise StudyError(
            "The corpus {source} has {count} held-out tunes of this kind; the study needs "
            "{wanted}. Ask for fewer tunes.",
            source=settings.source,
            count=len(fitting),
            wanted=plan.slots,
        )
    return [
        BareTune(strip(tune, settings.rhythm), f"{settings.source}: {tune.title}"[:200])
        for tune in fitting[: plan.slots]
    ]


def _fits(tune: Tune, meter: str, rhythm: str) -> bool:
    """Whether a real tune is whole, in time, and of the meter and rhythm that are asked for."""
    is_meter = not meter or tune.meter.text == meter
    is_rhythm = not rhythm or rhythm.lower() in tune.rhythm.lower()
    return is_meter and is_rhythm and bool(tune.performance) and not check_bars(tune).wrong


def _composed(
    plan: StudyPlan,
    number: int,
    meters: Sequence[str],
    paths: Paths,
    on_found: Callable[[int], None],
) -> list[BareTune]:
    """One tune of version `number` for each slot, in its meter."""
    version = plan.versions[number]
    checkpoint = load_checkpoint(find_checkpoint(version.model, paths).path)
    slots: defaultdict[str, list[int]] = defaultdict(list)
    for slot, meter in enumerate(meters):
        slots[meter].append(slot)
    tunes: dict[int, BareTune] = {}
    for place, (meter, those) in enumerate(sorted(slots.items())):
        seed = (plan.settings.seed + 100_000 * number + 1_000 * place) % SEEDS
        asked = plan.wishes() | ({"meter": meter} if meter else {})
        config = SampleConfig(temperature=version.temperature, seed=seed, **asked)

        def draw(config: SampleConfig) -> list[Composition]:
            return compose(checkpoint, config, lambda _texts: on_found(len(tunes)))

        whole = _whole(draw, config, len(those))
        for slot, piece in zip(those, whole, strict=False):
            text = strip(piece.public_tune, plan.settings.rhythm)
            tunes[slot] = BareTune(text, piece.provenance(), piece.abc)
    if len(tunes) < plan.slots:
        raise StudyError(
            "{model} composed {count} whole tunes of {wanted}. Choose another model, or ask less "
            "of its tunes.",
            model=version.model,
            count=len(tunes),
            wanted=plan.slots,
        )
    return [tunes[slot] for slot in range(plan.slots)]


def _whole(
    draw: Callable[[SampleConfig], list[Composition]], config: SampleConfig, count: int
) -> list[Composition]:
    """So many tunes that came to their end and have notes; fewer if they do not come."""
    found: list[Composition] = []
    for batch in _rounds(config, count):
        found += [
            piece for piece in draw(batch) if piece.is_complete and piece.public_tune.performance
        ]
        if len(found) >= count:
            break
    return found[:count]


def _rounds(config: SampleConfig, count: int) -> Iterator[SampleConfig]:
    for number in range(_ROUNDS):
        yield config.replace(seed=(config.seed + number * count) % SEEDS, count=count)


def strip(tune: Tune, rhythm: str = "") -> str:
    """The text of a tune with its meter, unit note length, key and music alone.

    Args:
        tune: What was read.
        rhythm: The rhythm of all tunes of the study, if one was asked for.
    """
    head = [f"X:1\nR:{rhythm}" if rhythm else "X:1"]
    lines, is_dropping = [], False
    for line in tune.text.split("\n"):
        bare = line.strip()
        if not bare or bare.startswith("%"):
            continue
        field = _FIELD.match(bare)
        if field and field[1] != "+":
            is_dropping = field[1] not in _KEPT_FIELDS
        elif not field:
            is_dropping = False
        if not is_dropping:
            lines.append(line.rstrip())
    return "\n".join([*head, *lines]) + "\n"


def to_common_tonic(text: str) -> str:
    """A tune moved to D in its own mode, by at most half an octave; one that cannot be stays."""
    key = read_tune(text)[0].key
    distance = _semitones(TONIC) - _semitones(key.tonic) if key.tonic else 0
    try:
        return transpose(text, (distance + 5) % 12 - 5)
    except NotationError:
        return text


def _semitones(tonic: str) -> int:
    """Above C, of a letter with ``#`` or ``b``."""
    steps = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
    return steps[tonic[0]] + tonic.count("#") - tonic[1:].count("b")


def write_noise(text: str, seed: int) -> str:
    """A tune with pitches drawn by chance, in the same rhythm: nobody takes it for one."""
    chance = random.Random(seed)
    pieces, at = [], 0
    for note in read_tune(text)[0].notes:
        if note.is_rest or note.start < at:
            continue
        pieces.append(text[at : note.start])
        pieces.append(_PITCH.sub(lambda _: _noise(chance), text[note.start : note.end]))
        at = note.end
    return "".join([*pieces, text[at:]])


def _noise(chance: random.Random) -> str:
    return chance.choice(_NOISE_SIGNS) + chance.choice(_NOISE_PITCHES)
