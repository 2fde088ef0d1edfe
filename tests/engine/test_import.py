"""The engine stands alone: importing it brings in NumPy and safetensors, and nothing heavy."""

import subprocess
import sys

HEAVY = ("llvmlite", "numba", "scipy", "pandas", "polars", "sklearn", "statsmodels", "torch", "httpx", "pydantic",
         "fastapi", "sqlalchemy")  # fmt: skip


def test_importing_the_engine_is_light():
    code = (
        "import sys, azuraforge.engine\n"
        "print(sorted({name.split('.')[0] for name in sys.modules}))\n"
        "print(sorted(n for n in sys.modules if n.startswith('azuraforge.') and not n.startswith('azuraforge.engine')))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    packages, others = output.strip().split("\n")
    assert [name for name in HEAVY if f"'{name}'" in packages] == []
    assert others == "[]"
