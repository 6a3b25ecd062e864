"""Detectors that are asked to tell composed tunes from real ones.

The better they do, the more a composed tune gives itself away. An area under the curve (AUC) of 0.5
is chance, 1.0 is never wrong.
"""
