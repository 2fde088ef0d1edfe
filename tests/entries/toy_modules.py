"""What a child finds imported when it begins."""

from __future__ import annotations

import os
import sys


def heavy(child):
    """Whether Polars was there before anybody asked for it; then it is, as in a step that reads a frame."""
    there = "polars" in sys.modules
    import polars as pl

    return {
        "there": there,
        "threads": pl.thread_pool_size(),
        "pid": os.getpid(),
        "group": os.getpgid(0),
        "parent": os.getppid(),
        "steps": "azuraforge.pipelines.trials.steps" in sys.modules,
    }


def light(child):
    """Nothing that takes long to import."""
    return {"there": "polars" in sys.modules}
