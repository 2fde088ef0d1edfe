"""Evaluation of external predictions against our baselines: one function on files, no platform, no stored state.

``judging.judge`` reads the files and returns a ``shapes.Judgement``; ``page.write_page`` writes it as HTML. The
statistics are those of the gate (``models/gate``), the baselines the built-in forecasters.
"""
