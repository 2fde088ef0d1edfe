"""Contributions of the package ``processes`` to the platform: the launcher of children and the engine's kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azuraforge.package import SETTINGS, Extension, Package, Service, Services

if TYPE_CHECKING:
    from azuraforge.processes.kernels import Kernels
    from azuraforge.processes.launcher import Launcher

#: Modules that are imported before children are forked. Their import must not start threads or compute anything.
PRELOADED: Extension[str] = Extension("preloaded modules")


def _launcher(services: Services) -> Launcher:
    from azuraforge.processes.launcher import Launcher

    return Launcher(preload=services.all(PRELOADED))


def _kernels(services: Services) -> Kernels:
    from azuraforge.processes.kernels import Kernels

    settings = services[SETTINGS]
    return Kernels(services[LAUNCHER].call, settings.engine, settings.kernels)


LAUNCHER: Service[Launcher] = Service("launcher", _launcher, close=lambda launcher: launcher.stop())
KERNELS: Service[Kernels] = Service("kernels", _kernels)

PACKAGE = Package("processes")
