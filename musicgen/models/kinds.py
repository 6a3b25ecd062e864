"""The kinds of networks by name; `registry` has the networks themselves, and with them torch."""

from musicgen.config import NetworkConfig
from musicgen.errors import ConfigError

KINDS = ("lstm", "echo", "attention", "hierarchical", "hawk")


def check_kind(config: NetworkConfig) -> None:
    """Raises ConfigError if there is no network of the kind asked for."""
    if config.kind not in KINDS:
        raise ConfigError(
            "There is no network of kind {kind!r}. Choose from: {names}.",
            kind=config.kind,
            names=", ".join(KINDS),
        )
