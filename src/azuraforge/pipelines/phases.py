"""Execution of steps as phases of a run, in the worker."""

from __future__ import annotations

from typing import TypeVar

from azuraforge.plugins.contract.shape import Shape
from azuraforge.runs.handlers import Job

ResultT = TypeVar("ResultT", bound=Shape)


def execute_step(job: Job, name: str, entry: str, wanted: Shape, result: type[ResultT], *, share: float) -> ResultT:
    """Execute a step in a child process, and return its result with ``outputs`` set to the phase's folder.

    ``entry`` is the entry point of the step, and ``share`` its share of the run's progress; see ``Job.phase``, whose
    errors are raised.
    """
    done = job.phase(name, entry, wanted, share=share, result=result)
    return done.value.model_copy(update={"outputs": str(done.outputs)})
