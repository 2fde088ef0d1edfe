"""Forecasts as runs: the next values after the newest rows of a dataset, entered in the ledger."""
