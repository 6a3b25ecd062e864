"""Tunes that are kept, and the way back from a line in a file to the tune it was written for."""
