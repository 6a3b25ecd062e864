"""Trained networks made smaller: weights in 8 bits, pruning, and a report of what each costs."""
