"""External runs, whose work happens in the caller's process and is logged through a local journal."""
