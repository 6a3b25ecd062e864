"""Speed, measured side by side with the lab's own loop in one run. Ratios, not promises.

Next to it are scripts that try what takes long: many visitors at once, killed trainings, damaged
tunes. What networks learn and compose is in `experiments`.
"""
