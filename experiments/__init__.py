"""What networks learn and compose: trainings and judgements whose results are in docs/.

Each is a script with options of its own: ``python -m experiments.NAME --help``. Speed is measured
in `bench`.
"""
