"""Good finds of *Silence it*, computed live, and what to listen for."""

from dataclasses import dataclass

from musicgen.interpretation.sites import find_sites
from musicgen.models.checkpoint import Checkpoint
from musicgen.ui.base.language import N_
from musicgen.ui.inside import silence_choice as parts


@dataclass(frozen=True, slots=True)
class Find:
    """Something worth hearing: what is changed, and the program's words on it."""

    name: str
    label: str
    icon: str
    listen: str
    part: str
    way: str = parts.OFF
    factor: float = 1.0
    is_top_layer: bool = False


FINDS = (
    Find(
        "beat", N_("The metronome"), ":material/timer_off:",
        N_("Eight of hundreds of units say most of where in the bar the tune is. Without them bars "
           "come out too long or too short: tap your foot, and see where you stumble. The key "
           "stays, for others keep it. A network that is told its place with each character has no "
           "need of them, and keeps time all the same."),
        parts.BEAT,
    ),
    Find(
        "place", N_("No place"), ":material/location_off:",
        N_("The network is no longer told how full the bar is. It never learned to count by "
           "itself, so without the rules of notation no bar is right, and the tune falls apart."),
        parts.PLACE,
    ),
    Find(
        "random", N_("Eight others"), ":material/casino:",
        N_("The control: eight units drawn at random. Notes may differ, for one other note changes "
           "all that follows, but bars mostly keep time: what a unit knows, others know as well."),
        parts.RANDOM,
    ),
    Find(
        "echoes", N_("No echoes"), ":material/hearing_disabled:",
        N_("The network is no longer shown what an earlier bar would go on with. Listen for turns "
           "that come back: there are fewer, and the second half no longer quotes the first."),
        parts.ECHOES,
    ),
    Find(
        "attention", N_("No attention"), ":material/visibility_off:",
        N_("The network cannot look back any more and has its state alone. Listen for turns that "
           "come back: there are fewer."),
        parts.ATTENTION,
    ),
    Find(
        "loud", N_("The last layer, doubled"), ":material/volume_up:",
        N_("All that the last layer says is heard twice as strongly, and so the network is surer "
           "of each character, much as at a lower temperature: turns repeat, and few notes are "
           "daring."),
        parts.LAYER, parts.LOUD, 2.0, True,
    ),
)  # fmt: skip


def finds_of(checkpoint: Checkpoint) -> list[Find]:
    """Those that the network has the parts for."""
    known = parts.parts_of(checkpoint)
    return [one for one in FINDS if one.part in known]


def layer_of(checkpoint: Checkpoint, find: Find) -> int:
    """The layer that a find is about, from 0 on."""
    return len(find_sites(checkpoint.network)) - 1 if find.is_top_layer else 0
