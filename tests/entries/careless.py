"""``python careless.py COMMAND …``: a first process, in effect, that never reaps the orphans that fall to it.

Prints the command's pid and keeps it as a zombie until its own input ends.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys

_PR_SET_CHILD_SUBREAPER = 36

if __name__ == "__main__":
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    process = subprocess.Popen(sys.argv[1:])
    sys.stdout.write(f"{process.pid}\n")
    sys.stdout.flush()
    sys.stdin.read()
