"""The version of the program, which runs and archives name."""

__version__ = "0.1.0"
