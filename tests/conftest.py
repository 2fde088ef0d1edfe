"""Fixtures of the whole suite: a database with every table, a project in it, and the real data where it is."""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import azuraforge
from azuraforge.database import Base, Database
from azuraforge.projects.tables import Project

# One thread of BLAS: two on a busy two-core machine ran fifteen times slower than one.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")


def import_all_tables() -> None:
    """Import every room's ``tables.py``, so that ``Base.metadata`` is whole."""
    for room in pkgutil.iter_modules(azuraforge.__path__):
        name = f"azuraforge.{room.name}.tables"
        if room.ispkg and importlib.util.find_spec(name):
            importlib.import_module(name)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database with every table of every room."""
    import_all_tables()
    made = Database(f"sqlite:///{tmp_path / 'azuraforge.db'}")
    Base.metadata.create_all(made.engine)
    yield made
    made.close()


@pytest.fixture
def project_id(database: Database) -> str:
    """A project in ``database``."""
    return database.write_system(lambda session: _add_project(session, "first"))


@pytest.fixture
def other_project_id(database: Database) -> str:
    """A second project, whose rows the first must never see."""
    return database.write_system(lambda session: _add_project(session, "second"))


def _add_project(session, slug: str) -> str:  # type: ignore[no-untyped-def]
    project = Project(slug=slug, name=slug.title())
    session.add(project)
    session.flush()
    return project.id


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout; tests that need it are marked ``realdata``."""
    folder = Path(os.environ.get("AZURAFORGE_SHARED", Path(__file__).parents[2] / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"real data is not here ({folder})")
    return folder
