"""Usage of NVIDIA devices, measured with the driver's library if it is installed."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import re
from collections.abc import Iterable

_DEVICE = re.compile(r"/dev/nvidia(\d+)")


class _Utilization(ctypes.Structure):
    _fields_ = (("gpu", ctypes.c_uint), ("memory", ctypes.c_uint))


class _Memory(ctypes.Structure):
    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


def measure(pids: Iterable[int]) -> dict[str, float]:
    """Return ``gpu_percent`` and ``gpu_memory_bytes``, summed over the devices that these processes use; empty if none.

    The values include other users of a device, since the driver cannot distinguish processes in a container.
    """
    held = _held_by(pids)
    if not held or not (found := [handle for minor, handle in _devices().items() if minor in held]):
        return {}
    library = _library()
    assert library is not None
    busy, used = 0.0, 0.0
    for handle in found:
        utilization, memory = _Utilization(), _Memory()
        if library.nvmlDeviceGetUtilizationRates(handle, ctypes.byref(utilization)) == 0:
            busy += utilization.gpu
        if library.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory)) == 0:
            used += memory.used
    return {"gpu_percent": busy, "gpu_memory_bytes": used}


def _held_by(pids: Iterable[int]) -> set[int]:
    """Return the minor numbers of the devices that these processes have open."""
    held: set[int] = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            for name in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    if found := _DEVICE.fullmatch(os.readlink(f"/proc/{pid}/fd/{name}")):
                        held.add(int(found[1]))
    return held


@functools.cache
def _library() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL("libnvidia-ml.so.1")
        return library if library.nvmlInit_v2() == 0 else None
    except (OSError, AttributeError):
        return None


@functools.cache
def _devices() -> dict[int, ctypes.c_void_p]:
    """Return the handles of all NVIDIA devices, by their minor numbers."""
    found: dict[int, ctypes.c_void_p] = {}
    library = _library()
    count = ctypes.c_uint()
    if library is None or library.nvmlDeviceGetCount_v2(ctypes.byref(count)) != 0:
        return found
    for index in range(count.value):
        handle, minor = ctypes.c_void_p(), ctypes.c_uint()
        if (
            library.nvmlDeviceGetHandleByIndex_v2(index, ctypes.byref(handle)) == 0
            and library.nvmlDeviceGetMinorNumber(handle, ctypes.byref(minor)) == 0
        ):
            found[minor.value] = handle
    return found
