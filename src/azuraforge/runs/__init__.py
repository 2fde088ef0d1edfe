"""Queue, lease, worker, launcher, checkpoints, metrics, artifacts: how a run lives."""
