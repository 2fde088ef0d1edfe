"""Evaluation of external predictions against built-in baselines, from files only, without a platform or stored state.

``judging.judge`` reads the files and returns a ``shapes.Judgement``; ``page.write_page`` writes it as HTML. The
statistics are those of the gate (``models/gate``); the baselines are built-in forecasters.
"""
