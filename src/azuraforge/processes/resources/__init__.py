"""What processes use: memory, processor time and GPUs."""
