"""The gate, which decides whether a candidate may become champion: statistics over losses, without files or database.

``comparability`` determines which losses may be compared, ``evidence`` how certain a difference is, and ``verdict``
decides. ``policy``, ``reasons`` and ``record`` do not load NumPy, so that the API can read and show verdicts with them.
"""
