"""Checks that two versions of a model can be deployed next to each other."""

from __future__ import annotations

from azuraforge.errors import Conflict
from azuraforge.models.tables import ModelVersion


def check_comparable(name: str, version: ModelVersion, deployed: ModelVersion) -> None:
    """Raise Conflict if two versions of model ``name`` differ in target, unit or frequency."""
    for field in ("target", "unit", "frequency"):
        if getattr(version.schema, field) != getattr(deployed.schema, field):
            raise Conflict(
                "versions {version} and {deployed} of model {name!r} differ: {field}",
                next_step="deploy a version with the same target, unit and frequency",
                version=version.version,
                deployed=deployed.version,
                name=name,
                field=field,
            )


def check_other(name: str, alias: str, version: int, present: int) -> None:
    """Raise Conflict if the alias already points to the version that is to be deployed alongside it.

    ``present`` is the version that the alias points to.
    """
    if version == present:
        raise Conflict(
            "version {version} of model {name!r} already has the alias {alias!r}",
            next_step="deploy another version",
            version=version,
            name=name,
            alias=alias,
        )
