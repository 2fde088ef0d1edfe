"""Every Python block of the engine's guides runs, in order, as the guides promise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", [path.name for path in sorted(DOCS.glob("engine*.md"))])
def test_the_blocks_of_the_guide_run(name, capsys):
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / name).read_text(), re.DOTALL)
    assert len(blocks) == 6
    space: dict[str, object] = {}
    for index, block in enumerate(blocks):
        exec(compile(block, f"{name}, block {index}", "exec"), space)
    assert "Sequential" in capsys.readouterr().out
