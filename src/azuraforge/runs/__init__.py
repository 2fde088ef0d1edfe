"""Runs: queue, leases, workers, attempts, checkpoints, metrics and artifacts."""
