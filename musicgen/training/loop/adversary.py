"""Adversarial training: a network is rewarded for tunes that a discriminator takes for real.

Every few steps the network composes a batch of tunes freely. A discriminator
(`training.loop.discriminator`) says how real each looks, and the gradient of ``-Σ A(y) log π(y) /
|y|`` is added to that of the next character, where the advantage A is a tune's log-odds of being
real less the mean of those of the other tunes (the leave-one-out baseline: W. Kool et al., "Buy 4
REINFORCE Samples, Get a Baseline for Free!", 2019). That is the policy gradient of SeqGAN (L. Yu et
al., AAAI 2017) with a reward for whole tunes and none for beginnings. Then the discriminator learns
from these tunes, from earlier ones, and from real ones.

Four things keep it stable: the maximum likelihood of the corpus has its full weight all the time;
no reward is given before the discriminator has learned for `WARM_UP` rounds; advantages are
divided by their spread where it is above 1 and left small where it is below, so that a
discriminator at a loss moves nothing; and it learns from the last `KEPT` tunes as well, so that the
network cannot go round in circles.

The accuracy of the discriminator is taken on held-out tunes and on tunes just composed, before it
has learned from them.
"""

import random
from collections.abc import Sequence

import numpy as np
import torch

from musicgen.config import TrainingConfig
from musicgen.corpus.augmentation import Augmentation, augment
from musicgen.corpus.lab import SEPARATOR
from musicgen.corpus.vocabulary import Ids, Vocabulary
from musicgen.evaluation.loss.bodies import body_start
from musicgen.models.network import Network
from musicgen.sampling.engine import build_engine
from musicgen.training.loop.discriminator import Discriminator
from musicgen.training.loop.free_drawing import compose_ids, copy_network
from musicgen.training.loop.goals import EncodedTune, Figures, mean_log_probs

WARM_UP = 10
"""Rounds in which the discriminator learns and nothing is rewarded."""

UPDATES = 4
"""Steps of the discriminator in a round."""

KEPT = 256
"""Composed tunes that the discriminator goes on learning from."""

_MOST_ADVANTAGE = 3.0
_BEGINNING = "X:"
_LEAD = len(SEPARATOR)


class Adversary:
    """The goal of composing tunes that a discriminator takes for real.

    Args:
        config: Weight, size and interval of a round, how tunes are read, and the seed.
        network: What is trained.
        vocabulary: Its characters.
        precision: Of the products.
        train_tunes: Real tunes to learn from, one text each.
        val_tunes: Held-out tunes to measure the discriminator by; without any, those to learn from.
    """

    def __init__(
        self,
        config: TrainingConfig,
        network: Network,
        vocabulary: Vocabulary,
        precision: torch.dtype,
        train_tunes: Sequence[str],
        val_tunes: Sequence[str],
    ) -> None:
        self._config = config
        self._network = network
        self._vocabulary = vocabulary
        self._precision = precision
        self._train_tunes = list(train_tunes)
        self._val_tunes = list(val_tunes) or self._train_tunes
        self._changes = Augmentation(
            config.transpose, config.truncate, config.vary_rhythm, config.described
        )
        self._generator = torch.Generator().manual_seed(config.seed + 3)
        device = next(network.parameters()).device
        self.discriminator = Discriminator(len(vocabulary), self._generator, device)
        self._kept: list[Ids] = []
        self._rounds = 0

    def add_gradients(self, step: int) -> Figures:
        """One round, at every `adversary_interval`-th step."""
        if step % self._config.adversary_interval:
            return {}
        luck = random.Random(f"adversary/{self._config.seed}/{self._rounds}")
        tunes = self._compose(luck)
        composed = [self._readable(tune) for tune in tunes]
        log_odds = self.discriminator.score(composed)
        held_out = self.discriminator.score(self._draw_real(self._val_tunes, luck))
        if self._rounds >= WARM_UP:
            self._reward(tunes, compute_advantages(log_odds))
        losses = [self._teach(composed, luck) for _ in range(UPDATES)]
        self._kept = [*self._kept, *composed][-KEPT:]
        self._rounds += 1
        right = torch.cat([held_out > 0, log_odds <= 0])
        return {
            "adversary_loss": sum(losses) / UPDATES,
            "adversary_accuracy": float(right.float().mean()),
            "reward": float(torch.sigmoid(log_odds).mean()),
        }

    def _compose(self, luck: random.Random) -> list[EncodedTune]:
        """Tunes of the network as it is now; described ones go on from headers of real ones."""
        config = self._config
        prompts = [_BEGINNING] * config.adversary_batch
        if config.described:
            real = (luck.choice(self._train_tunes) for _ in prompts)
            prompts = [text[: body_start(text)] for text in real]
        begun = [self._vocabulary.encode(SEPARATOR + prompt) for prompt in prompts]
        end = self._vocabulary.encode(SEPARATOR)
        engine = build_engine(copy_network(self._network))
        ids = compose_ids(engine, begun, end, config.adversary_length, self._generator)
        return [
            EncodedTune(one, max(len(prompt), self._music_start(one)))
            for one, prompt in zip(ids, begun, strict=True)
        ]

    def _music_start(self, ids: Ids) -> int:
        """Where what the discriminator reads begins: behind the line of the key, if there is one.

        Titles and numbers would give a tune away, and say nothing of its music.
        """
        start = body_start(self._vocabulary.decode(ids[_LEAD:].tolist()))
        return _LEAD + start if _LEAD + start < len(ids) else _LEAD

    def _readable(self, tune: EncodedTune) -> Ids:
        return tune.ids[self._music_start(tune.ids) :]

    def _draw_real(self, texts: Sequence[str], luck: random.Random) -> list[Ids]:
        """As many real tunes as are composed, changed and cut off as those are."""
        return [
            self._read_real(luck.choice(texts), luck) for _ in range(self._config.adversary_batch)
        ]

    def _read_real(self, text: str, luck: random.Random) -> Ids:
        changed = augment(text, self._changes, luck) if self._changes else text
        text = text if self._vocabulary.unknown(changed) else changed
        ids = self._vocabulary.encode(SEPARATOR + text.strip("\n") + SEPARATOR)
        given = body_start(text) if self._config.described else len(_BEGINNING)
        ids = ids[: _LEAD + given + self._config.adversary_length]
        return ids[self._music_start(ids) :]

    def _teach(self, composed: Sequence[Ids], luck: random.Random) -> float:
        """A step of the discriminator: half of the composed tunes may be earlier ones."""
        known = [*self._kept, *composed]
        new = luck.sample(list(composed), len(composed) // 2)
        old = [luck.choice(known) for _ in range(len(composed) - len(new))]
        return self.discriminator.learn(self._draw_real(self._train_tunes, luck), [*new, *old])

    def _reward(self, tunes: Sequence[EncodedTune], advantages: torch.Tensor) -> None:
        found = mean_log_probs(self._network, tunes, self._precision)
        goal = -(advantages.to(found) * found).mean()
        (self._config.adversary * goal).backward()  # type: ignore[no-untyped-call]

    def look(self, network: Network) -> Figures:  # noqa: ARG002 - its rounds say all
        """Nothing: every round looks at held-out tunes."""
        return {}

    def state_dict(self) -> dict[str, torch.Tensor]:
        """The discriminator, its optimizer, the kept tunes, the round and the generator."""
        lengths = [len(tune) for tune in self._kept]
        return {f"discriminator.{name}": value for name, value in
                self.discriminator.tensors().items()} | {
            "generator": self._generator.get_state(),
            "rounds": torch.tensor(self._rounds),
            "kept": torch.from_numpy(np.concatenate([np.zeros(0, np.int64), *self._kept])),
            "kept_lengths": torch.tensor(lengths, dtype=torch.int64),
        }  # fmt: skip

    def load_state_dict(self, tensors: dict[str, torch.Tensor]) -> None:
        """Continues from what `state_dict` gave."""
        mark = "discriminator."
        self.discriminator.load_tensors(
            {k.removeprefix(mark): v for k, v in tensors.items() if k.startswith(mark)}
        )
        self._generator.set_state(tensors["generator"])
        self._rounds = int(tensors["rounds"])
        self._kept = _split_kept(tensors["kept"], tensors["kept_lengths"], len(self._vocabulary))


def _split_kept(ids: torch.Tensor, lengths: torch.Tensor, vocab_size: int) -> list[Ids]:
    """Tunes from their ids one after the other; what cannot be theirs is a `ValueError`."""
    if not len(lengths):
        return []
    is_right = (
        int(lengths.min()) > 0
        and int(lengths.sum()) == len(ids)
        and 0 <= int(ids.min()) <= int(ids.max()) < vocab_size
    )
    if not is_right:
        raise ValueError("kept tunes cannot be what they are")
    return list(np.split(ids.numpy().astype(np.int64), lengths.cumsum(0)[:-1].tolist()))


def compute_advantages(log_odds: torch.Tensor) -> torch.Tensor:
    """What each tune (B,) is better than the mean of the others, at most a few spreads of them.

    In nats where the spread is below 1, else in spreads.
    """
    count = len(log_odds)
    others = (log_odds.sum() - log_odds) / (count - 1)
    spread = log_odds.std().clamp(min=1.0)
    return ((log_odds - others) / spread).clamp(-_MOST_ADVANTAGE, _MOST_ADVANTAGE)
