"""Learners that run: their tables, the child process, and the transactions that commit its answers."""
