"""What Play can be asked for."""

from dataclasses import dataclass, field

from musicgen.config import SampleConfig
from musicgen.sampling.composer import SEEDS
from musicgen.sampling.edit_list import Edit


@dataclass(frozen=True, slots=True)
class Request:
    """A requested tune: which model, how to draw from it, and what to change afterwards.

    Where several takes are asked for (`config.count`), `take` is the one to look at, from 0 on. It
    makes no other request: all takes are composed at once. Changes are made to that take.
    """

    model: str
    config: SampleConfig
    edits: tuple[Edit, ...] = ()
    take: int = field(default=0, compare=False)

    def alone(self) -> "Request":
        """The take that is looked at, wanted by itself."""
        if self.config.count == 1:
            return self
        seed = (self.config.seed + self.take) % SEEDS
        return Request(self.model, self.config.replace(seed=seed, count=1), self.edits)
