"""The gate: may a candidate become champion? Pure statistics over losses; no files, no database.

``comparability`` says what may be compared, ``evidence`` how sure a difference is, ``verdict`` who takes the title.
"""

from azuraforge.models.gate.comparability import incomparable, needed_origins, unseen_origins
from azuraforge.models.gate.contenders import SERIES_METRICS, Champion, Contender, Slice
from azuraforge.models.gate.evidence import Comparison, Guarded, compare, guard, tightened_level
from azuraforge.models.gate.verdict import Decision, Verdict, decide

__all__ = [
    "SERIES_METRICS",
    "Champion",
    "Comparison",
    "Contender",
    "Decision",
    "Guarded",
    "Slice",
    "Verdict",
    "compare",
    "decide",
    "guard",
    "incomparable",
    "needed_origins",
    "tightened_level",
    "unseen_origins",
]
