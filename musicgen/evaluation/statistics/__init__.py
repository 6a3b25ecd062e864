"""Uncertainty of a figure, and the distance between two distributions."""
