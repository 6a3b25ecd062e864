"""Blind listening studies: plans, tunes, trials, ballots, and the count of them."""
