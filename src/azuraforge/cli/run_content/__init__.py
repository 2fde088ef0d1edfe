"""Commands that show what a run wrote: ``log``, ``series`` and ``files``."""
