"""The judge: detectors that try to tell composed tunes from real ones, and what they go by.

``features`` has what they read of a tune, ``families`` finds variants, ``detectors`` and
``sequence`` are the classifiers, ``cross_validation`` asks them about tunes they have not seen,
``giveaways`` compares figures one by one, ``result`` is what comes out, ``labels`` names it.
"""
