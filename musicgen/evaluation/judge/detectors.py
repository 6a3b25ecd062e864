"""Classifiers that say how real a tune looks, after tunes of which they know what they are.

Three kinds, so that no single weakness of a detector flatters a network:

- *n-grams*: runs of one to four notes and bar lines, weighted by tf-idf, with logistic regression;
- *figures*: a forest of random trees on figures of the whole tune (form, range, repetition);
- *sequence*: a small network that reads the notes in order (`sequence`).
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from musicgen.evaluation.judge.features import TuneFeatures
from musicgen.evaluation.judge.sequence import score_sequences

_LONGEST = 4
_TREES = 300
_BEGIN, _END = "^", "$"

Scores = NDArray[np.float64]
Labels = NDArray[np.int64]
Detector = Callable[
    [Sequence[TuneFeatures], Labels, Sequence[TuneFeatures], int, Callable[[], None]], Scores
]
"""How real each test tune looks, from tunes to learn from, their labels (1 is real, 0 composed),
test tunes, a seed, and a function to call now and then, which may raise. Of scores only the order
counts. Both labels must be there."""


def score_ngrams(
    train: Sequence[TuneFeatures],
    labels: Labels,
    test: Sequence[TuneFeatures],
    seed: int,
    on_step: Callable[[], None] = lambda: None,
) -> Scores:
    """Log-odds by tf-idf n-grams (1 to 4) and logistic regression.

    K. Spärck Jones, "A statistical interpretation of term specificity and its application in
    retrieval", Journal of Documentation 28 (1972).
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    on_step()
    words = TfidfVectorizer(analyzer=find_ngrams, lowercase=False, sublinear_tf=True, min_df=2)
    model = LogisticRegression(C=30.0, max_iter=1000, random_state=seed)
    model.fit(words.fit_transform(train), labels)
    return np.asarray(model.decision_function(words.transform(test)), dtype=float)


def find_ngrams(tune: TuneFeatures) -> list[str]:
    """All runs of one to four words of a tune, with signs for its beginning and its end."""
    words = (_BEGIN, *tune.words, _END)
    return [
        " ".join(words[at : at + size])
        for size in range(1, _LONGEST + 1)
        for at in range(len(words) - size + 1)
    ]


def score_figures(
    train: Sequence[TuneFeatures],
    labels: Labels,
    test: Sequence[TuneFeatures],
    seed: int,
    on_step: Callable[[], None] = lambda: None,
) -> Scores:
    """The share of votes for real by extremely randomized trees on `features.FIGURES`.

    P. Geurts, D. Ernst, L. Wehenkel, "Extremely randomized trees", Machine Learning 63 (2006). A
    figure that is missing is a value of its own.
    """
    from sklearn.ensemble import ExtraTreesClassifier

    on_step()
    model = ExtraTreesClassifier(_TREES, min_samples_leaf=2, random_state=seed)
    model.fit(np.array([tune.figures for tune in train]), labels)
    votes = model.predict_proba(np.array([tune.figures for tune in test]))
    return np.asarray(votes[:, 1], dtype=float)


DETECTORS: dict[str, Detector] = {
    "ngrams": score_ngrams,
    "figures": score_figures,
    "sequence": score_sequences,
}
