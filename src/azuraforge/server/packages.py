"""List of the platform's packages, lowest layer first."""

from __future__ import annotations

from azuraforge.automations.package import PACKAGE as AUTOMATIONS
from azuraforge.datasets.package import PACKAGE as DATASETS
from azuraforge.demo.package import PACKAGE as DEMO
from azuraforge.events.package import PACKAGE as EVENTS
from azuraforge.learners.package import PACKAGE as LEARNERS
from azuraforge.loop.package import PACKAGE as LOOP
from azuraforge.models.package import PACKAGE as MODELS
from azuraforge.package import Package
from azuraforge.people.package import PACKAGE as PEOPLE
from azuraforge.pipelines.package import PACKAGE as PIPELINES
from azuraforge.plugins.package import PACKAGE as PLUGINS
from azuraforge.processes.package import PACKAGE as PROCESSES
from azuraforge.projects.package import PACKAGE as PROJECTS
from azuraforge.reports.package import PACKAGE as REPORTS
from azuraforge.runs.package import PACKAGE as RUNS
from azuraforge.search.package import PACKAGE as SEARCH
from azuraforge.studies.package import PACKAGE as STUDIES

PACKAGES: tuple[Package, ...] = (
    EVENTS,
    PLUGINS,
    PROCESSES,
    PEOPLE,
    PROJECTS,
    RUNS,
    DATASETS,
    MODELS,
    PIPELINES,
    REPORTS,
    STUDIES,
    LEARNERS,
    AUTOMATIONS,
    LOOP,
    SEARCH,
    DEMO,
)


def import_tables() -> None:
    """Import the tables and cross-project queries of every package, so that the metadata is complete."""
    for package in PACKAGES:
        package.import_tables()
