"""Contributions of the package ``plugins`` to the platform.

Plugins are described in child processes. The launcher of these processes belongs to a higher layer, so that layer
provides the service ``CALL``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azuraforge.package import SETTINGS, Package, Service, Services

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi import APIRouter
    from pydantic import BaseModel

    from azuraforge.plugins.discovery.calling import Call
    from azuraforge.plugins.discovery.catalogue import Catalogue


def _catalogue(services: Services) -> Catalogue:
    from azuraforge.plugins.discovery.catalogue import Catalogue

    settings = services[SETTINGS]
    return Catalogue(services[CALL], settings.plugins, settings.pretrained, settings.home / "catalogue.json")


def _routers() -> Sequence[APIRouter]:
    from azuraforge.plugins.routes import router

    return [router]


def _figures() -> Mapping[str, type[BaseModel]]:
    from azuraforge.plugins.kinds.classify import figures as classify
    from azuraforge.plugins.kinds.forecast import figures as forecast

    return {**forecast.FIGURES, **classify.FIGURES}


#: ``Launcher.call``, which runs one entry point in a child process.
CALL: Service[Call] = Service("child caller")
CATALOGUE: Service[Catalogue] = Service("plugin catalogue", _catalogue)

PACKAGE = Package("plugins", routers=_routers, served={"plugins": CATALOGUE}, figures=_figures)
