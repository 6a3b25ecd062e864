"""A trained network teaches a smaller one: knowledge distillation (Hinton et al. 2015).

The student learns not only which character came next, but how likely its teacher found each. Both
distributions may be flattened by a temperature τ, so that what the teacher thinks of the less
likely characters counts; gradients shrink with 1 / τ², so the loss is multiplied by τ².

Only at τ = 1 do both parts of the goal have the same minimum for a student that cannot say all that
its teacher says: cross-entropy and ``KL(teacher || student)`` are then both least for the mean of
what a student has to say with one voice. Flattened distributions have another mean, which is worse
music. Hinton et al. take τ above 1 for classes of images, where a teacher is nearly certain; what
follows in a tune is uncertain by itself. So 1 is the default, with a high weight.

Shapes: B batch, T time, V the student's vocabulary.
"""

from dataclasses import replace

import torch
import torch.nn.functional as F

from musicgen.config import Paths, TrainingConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import RunError
from musicgen.models.checkpoint import Checkpoint, find_checkpoint, load_checkpoint
from musicgen.models.network import State, flatten_state, unflatten_state
from musicgen.presets import Preset, keep_manner


def load_teacher(config: TrainingConfig, paths: Paths) -> Checkpoint | None:
    """The trained model that the settings name as teacher; None where they name none.

    Raises:
        CheckpointError: there is none of that name, or it is damaged.
    """
    return load_checkpoint(find_checkpoint(config.teacher, paths).path) if config.teacher else None


def resolve_teacher(
    preset: Preset, paths: Paths, vocabulary: Vocabulary
) -> tuple[Preset, Checkpoint | None]:
    """The preset with its teacher called by name, even where a path was given, and the teacher.

    Raises:
        CheckpointError: there is none of that name, or it is damaged.
        RunError: it does not know some of the characters to be learned.
    """
    teacher = load_teacher(preset.training, paths)
    check_teacher(teacher, vocabulary)
    if teacher is None:
        return preset, None
    name = find_checkpoint(preset.training.teacher, paths).name
    return replace(preset, training=preset.training.replace(teacher=name)), teacher


def follow_manner(preset: Preset, start: Checkpoint | None, paths: Paths) -> Preset:
    """The preset with tunes written as the model reads them that it starts from or learns from.

    Raises:
        CheckpointError: there is no teacher of that name, or it is damaged.
    """
    name = preset.training.teacher
    if start:
        return keep_manner(preset, start.metadata.training)
    return keep_manner(preset, find_checkpoint(name, paths).metadata().training) if name else preset


def check_teacher(teacher: Checkpoint | None, vocabulary: Vocabulary) -> None:
    """Makes sure that a teacher can read what is to be learned.

    Raises:
        RunError: it does not know some of the characters.
    """
    unknown = teacher.vocabulary.unknown("".join(vocabulary.characters)) if teacher else ""
    if teacher and unknown:
        raise RunError(
            "The teacher {name!r} never saw {unknown}. Choose another teacher or another corpus.",
            name=teacher.name,
            unknown=", ".join(map(repr, unknown[:10])),
        )


class Teacher:
    """A trained network that reads along and says how likely it finds each of V characters.

    Characters that it does not know, which a student may have from an earlier training, it finds
    impossible.

    Args:
        checkpoint: The trained network.
        vocabulary: The student's.
        device: Where the student is trained.
    """

    def __init__(
        self, checkpoint: Checkpoint, vocabulary: Vocabulary, device: torch.device
    ) -> None:
        own = checkpoint.vocabulary.ids
        self._network = checkpoint.network.to(device)
        self._ids = torch.tensor([own.get(c, 0) for c in vocabulary.characters], device=device)
        self._is_unknown = torch.tensor([c not in own for c in vocabulary.characters]).to(device)
        self._state: State = None

    @torch.no_grad()
    def compute_probs(
        self, inputs: torch.Tensor, is_first: bool, temperature: float
    ) -> torch.Tensor:
        """Probabilities (B, T, V) of what follows each of the student's ids (B, T).

        Args:
            inputs: What the student reads.
            is_first: Whether to forget what was read before.
            temperature: Above 1 the probabilities are more alike.
        """
        state = None if is_first else self._state
        logits, self._state = self._network(self._ids[inputs], state)
        logits = logits.float()[..., self._ids].masked_fill(self._is_unknown, -torch.inf)
        return torch.softmax(logits / temperature, -1)

    def state_tensors(self) -> list[torch.Tensor]:
        """What it remembers of the text so far."""
        return flatten_state(self._state)

    def load_state_tensors(self, tensors: list[torch.Tensor]) -> None:
        """Goes on from what `state_tensors` gave."""
        device = self._ids.device
        batch_size = tensors[0].shape[1] if tensors else 1
        like = self._network.init_state(batch_size, device)
        self._state = unflatten_state(like, [tensor.to(device) for tensor in tensors])


def distillation_loss(
    logits: torch.Tensor, probs: torch.Tensor, temperature: float
) -> torch.Tensor:
    """``τ² KL(teacher || student)`` in nats per character, for logits and the teacher's
    probabilities, both (N, V) and the latter at that temperature already.
    """
    log_student = F.log_softmax(logits / temperature, -1)
    return temperature**2 * F.kl_div(log_student, probs, reduction="batchmean")
