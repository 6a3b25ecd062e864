"""Small studies: plans, and tunes that make no sound."""

from musicgen.listening.plan import StudyPlan, StudySettings, Version
from musicgen.listening.store import StudyStore, StudyTune
from musicgen.listening.trials import NOISE


def make_plan(versions: int = 2, **settings: object) -> StudyPlan:
    """A plan of versions v0, v1 …, small unless the settings say otherwise."""
    small = {"tunes": 6, "pairs": 4, "listeners": 3, "checks": 1, "spread": 0.0}
    asked = StudySettings.from_dict(small | settings)
    return StudyPlan("A study", tuple(Version(label=f"v{n}") for n in range(versions)), asked)


def add_study(store: StudyStore, plan: StudyPlan) -> str:
    """Keeps a study whose tunes say in their text which they are, and returns its id."""
    versions = (*range(len(plan.versions)), NOISE)
    tunes = [
        StudyTune(slot, version, f"X:{slot}\nK:D\nD4|", f"fingerprint=ab{version % 9}", b"sound")
        for slot in range(plan.slots)
        for version in versions
    ]
    return store.add(plan, tunes)
