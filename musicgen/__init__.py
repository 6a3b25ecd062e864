"""Train a recurrent network on folk tunes in ABC notation, and play what it composes."""

from typing import TYPE_CHECKING, Any

from musicgen.version import __version__

if TYPE_CHECKING:
    from musicgen.api import (
        MusicgenError,
        SampleConfig,
        compose,
        load_model,
        read_tunebook,
        render,
        train,
    )

__all__ = [
    "MusicgenError",
    "SampleConfig",
    "__version__",
    "compose",
    "load_model",
    "read_tunebook",
    "render",
    "train",
]


def __getattr__(name: str) -> Any:
    """The public interface (`musicgen.api`), read when it is first asked for."""
    if name.startswith("_") or name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from musicgen import api

    return getattr(api, name)
