"""Train a recurrent network on folk tunes in ABC notation, and play what it composes."""

__version__ = "0.1.0"
