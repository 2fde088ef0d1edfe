"""What every benchmark ends with: a table for a person and a JSON file for a program (DESIGN §14)."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"


@dataclass
class Figure:
    """One measured figure; ``ratio`` is ours / the peer's, and ``met`` is None without a goal."""

    figure: str
    value: float | str | None
    unit: str = ""
    peer: float | str | None = None
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None


@dataclass
class Report:
    """The figures of one benchmark."""

    name: str
    seed: int | None = None
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, figure: str, value: float | str | None, unit: str = "", **more: object) -> None:
        self.figures.append(Figure(figure, value, unit, **more))  # type: ignore[arg-type]

    def finish(self) -> None:
        """Print the table and write ``benchmarks/results/<name>.json``."""
        RESULTS.mkdir(exist_ok=True)
        document = {
            "name": self.name,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "commit": commit(),
            "machine": machine(),
            "seed": self.seed,
            "figures": [asdict(figure) for figure in self.figures],
            "notes": self.notes,
        }
        (RESULTS / f"{self.name}.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
        rows = [("figure", "value", "unit", "peer", "ratio", "goal", "met")]
        rows += [
            (
                f.figure,
                _text(f.value),
                f.unit,
                _text(f.peer),
                _text(f.ratio),
                f.goal,
                {None: "", True: "yes"}.get(f.met, "NO"),
            )
            for f in self.figures
        ]
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        print(f"\n{self.name} · {document['machine']} · {document['commit'][:10]}\n")
        for index, row in enumerate(rows):
            print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")
            if index == 0:
                print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
        for note in self.notes:
            print(f"\n{note}")


def machine() -> str:
    """Processor, cores and memory in words."""
    cpu = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        cpu = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
        flags = next(line.split(":", 1)[1].split() for line in lines if line.startswith("flags"))
        cpu += " AVX-512" if "avx512f" in flags else " AVX2" if "avx2" in flags else ""
    except (OSError, StopIteration):
        pass
    return f"{cpu}, {os.cpu_count()} cores, Python {platform.python_version()}"


def shared_data() -> Path:
    """Return the folder of real data next to the checkout, or the one in AZURAFORGE_SHARED."""
    folder = Path(os.environ.get("AZURAFORGE_SHARED", ROOT.parent / "shared")) / "data"
    if not folder.is_dir():
        raise SystemExit(f"this benchmark needs real data in {folder}; set AZURAFORGE_SHARED to the folder above it")
    return folder


def commit() -> str:
    """Return the checkout's commit, marked if files differ from it."""
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    dirty = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True).stdout
    return (done.stdout.strip() or "unknown") + ("+changes" if dirty else "")


def _text(value: float | str | None) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{value:.4g}"
