"""The gate: may a candidate become champion? Pure statistics over losses; no files, no database.

``comparability`` checks which losses may be compared, ``evidence`` how certain a difference is, ``verdict`` decides.
``policy``, ``reasons`` and ``record`` load no NumPy: the API reads and shows verdicts with them alone.
"""
