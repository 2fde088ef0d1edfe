"""Resource usage of processes: memory, CPU time and GPUs."""
