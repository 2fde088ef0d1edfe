"""Resource usage of processes: memory, processor time and GPUs."""
