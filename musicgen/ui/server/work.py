"""What the server works on or has waiting, from all that works in the background."""

from dataclasses import dataclass

from musicgen.config import Paths
from musicgen.jobs.background_task import TaskStatus
from musicgen.ui.base import resources
from musicgen.ui.base.language import N_


@dataclass(frozen=True, slots=True)
class Work:
    """A task: kind of work (English words of the face), name, state, and the share done, 0..1.

    The share is None where nobody knows it.
    """

    kind: str
    name: str
    status: TaskStatus
    progress: float | None


def work_under_way() -> list[Work]:
    """All tasks that are not over, the trainings of all members of a class first."""
    own = resources.registry()
    jobs = [
        Work(N_("training"), _name(job.run.id, where), job.state.status, job.state.progress)
        for where, registry in resources.registries().items()
        for job in registry.jobs()
        if not job.is_over and (where.shared or registry is own)
    ]
    sweep, report = resources.sweep_runner().snapshot(), resources.reports().snapshot()
    study, adapted = resources.studies().snapshot(), resources.adaptations().snapshot()
    others = [
        Work(N_("heat map"), sweep.plan.name, sweep.status, None) if sweep else None,
        Work(N_("report"), "", report.status, report.share) if report else None,
        Work(N_("study"), study.plan.title, study.status, study.share) if study else None,
        Work(N_("learning from people"), adapted.plan.model, adapted.status, adapted.share)
        if adapted
        else None,
    ]
    return jobs + [one for one in others if one and not one.status.is_final]


def _name(run_id: str, where: Paths) -> str:
    return f"{where.home.name}/{run_id}" if where.shared else run_id
