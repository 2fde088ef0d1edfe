"""The kernels, each a Python function that emits code."""
