"""Trained networks as files for other programs, each compared with our engine before it is kept."""
