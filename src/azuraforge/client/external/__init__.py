"""External runs: work in the caller's process, logged through a local journal."""
