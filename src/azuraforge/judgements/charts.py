"""Charts of a judgement as inline SVG, in the colours of the page (light or dark).

The ``label`` of a chart is its description for screen readers.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Sequence

from azuraforge.judgements.drawing import MOST_MODELS
from azuraforge.judgements.shapes import Chart, Line, Scores, Verdict
from azuraforge.messages.formats import signed_for_readers
from azuraforge.reports.words import Words

_WIDTH, _HEIGHT = 760, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 12, 10, 26


def forest(verdicts: Sequence[Verdict], words: Words, label: str) -> str:
    """Draw the interval of each model's difference to the best baseline, one row per model; empty without intervals."""
    known = [each for each in verdicts if each.low is not None and each.high is not None]
    if not known:
        return ""
    ends = [end for each in known for end in (each.low, each.high, each.difference) if end is not None]
    # Clip a model that is far worse, so that the others remain distinguishable.
    low, high = min(-0.02, *(max(end, -1.0) for end in ends)), max(0.02, *(min(end, 1.0) for end in ends))
    margin = 0.05 * (high - low)
    low, high = low - margin, high + margin
    names = 170
    row, height = 30, 30 * len(known) + 34

    def x(value: float) -> float:
        return names + (min(max(value, low), high) - low) / (high - low) * (_WIDTH - names - _RIGHT - 8)

    parts = []
    for tick in ticks(low, high, 6):
        parts.append(_line(x(tick), 4, x(tick), height - 24, "grid"))
        parts.append(_text(x(tick), height - 8, tick_text(words, tick, share=True), "middle"))
    parts.append(_line(x(0), 4, x(0), height - 24, "zero"))
    for place, each in enumerate(known):
        y = 20 + row * place
        own = "suspected" if each.suspected else each.decision  # leakage must not look like a success
        parts.append(_text(names - 12, y + 4, _short(each.model), "end", "name"))
        parts.append(_line(x(each.low or 0.0), y, x(each.high or 0.0), y, f"whisker {own}"))
        parts.append(f'<circle class="dot {own}" cx="{x(each.difference):.1f}" cy="{y}" r="5"/>')
    return _svg(parts, height, label)


def time_lines(
    chart: Chart, words: Words, label: str, names: dict[str, str], baseline: str, *, share: bool = False
) -> str:
    """Draw lines over time, with a band for each interval; the line of the ``baseline`` is dashed.

    Return an empty text if there are no values or fewer than two points in time. With ``share``, the values are shares
    and shown as percentages.
    """
    values = [value for line in chart.lines for some in (line.values, line.low, line.high) for value in some or ()]
    known = [value for value in values if value is not None]
    if not known or len(chart.at) < 2:
        return ""
    low, high = _range([*known, 0.0] if share else known)
    count = len(chart.at)

    def x(place: int) -> float:
        return _LEFT + place / (count - 1) * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _TOP + (high - value) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)

    parts = _grid(low, high, y, words, share=share)
    if share:
        parts.append(_line(_LEFT, y(0), _WIDTH - _RIGHT, y(0), "zero"))
    steps = min(4, count)
    for place in sorted({round(step * (count - 1) / (steps - 1)) for step in range(steps)}) if steps > 1 else []:
        anchor = "start" if place == 0 else "end" if place == count - 1 else "middle"
        parts.append(_text(x(place), _HEIGHT - 8, chart.at[place][:16], anchor))
    for line in chart.lines:
        if line.low is not None and line.high is not None:
            parts.append(_band(line, x, y))
    styles = _styles(chart.lines, baseline)
    for line, own in zip(chart.lines, styles, strict=True):
        parts.append(f'<polyline class="{own}" points="{_points(line.values, x, y)}"/>')
    return _svg(parts, _HEIGHT, label) + _legend(chart.lines, styles, names)


def by_horizon(ranking: Sequence[Scores], best: str, words: Words, label: str, names: dict[str, str]) -> str:
    """Draw the RMSE by horizon of the best models and of the best baseline; empty if no scores have horizons."""
    shown = [each for each in ranking if each.horizons and (each.role == "model" or each.name == best)]
    models = [each for each in shown if each.role == "model"]
    shown = [*models[:MOST_MODELS], *[each for each in shown if each.role != "model"]]
    if not shown:
        return ""
    steps = [each.horizon for each in shown[0].horizons]
    low, high = _range([0.0, *(row.rmse for each in shown for row in each.horizons)])

    def x(step: float) -> float:
        return _LEFT + (step - steps[0]) / max(1, steps[-1] - steps[0]) * (_WIDTH - _LEFT - _RIGHT - 8)

    def y(value: float) -> float:
        return _TOP + (high - value) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)

    parts = _grid(low, high, y, words)
    stride = max(1, -(-len(steps) // 12))
    parts += [_text(x(step), _HEIGHT - 8, f"+{step}", "middle") for step in steps[::stride]]
    lines = tuple(Line(name=each.name, values=()) for each in shown)
    styles = _styles(lines, best)
    for each, own in zip(shown, styles, strict=True):
        points = " ".join(f"{x(row.horizon):.1f},{y(row.rmse):.1f}" for row in each.horizons)
        parts.append(f'<polyline class="{own}" points="{points}"/>')
        if len(steps) <= 30:
            parts += [
                f'<circle class="point {own}" cx="{x(row.horizon):.1f}" cy="{y(row.rmse):.1f}" r="3"/>'
                for row in each.horizons
            ]
    return _svg(parts, _HEIGHT, label) + _legend(lines, styles, names)


def reliability(chart: Chart, words: Words, label: str) -> str:
    """Draw accuracy against confidence, both from 0 to 1."""
    size, inner = 300, 240

    def x(value: float) -> float:
        return 48 + value * inner

    def y(value: float) -> float:
        return 12 + (1 - value) * inner

    parts = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts += [
            _line(x(0), y(tick), x(1), y(tick), "grid"),
            _text(42, y(tick) + 4, tick_text(words, tick, share=True), "end"),
        ]
        parts.append(_text(x(tick), size - 28, tick_text(words, tick, share=True), "middle"))
    parts.append(_line(x(0), y(0), x(1), y(1), "zero"))
    points = [
        (float(at), value) for at, value in zip(chart.at, chart.lines[0].values, strict=True) if value is not None
    ]
    parts.append(f'<polyline class="series c1" points="{" ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in points)}"/>')
    parts += [f'<circle class="point c1" cx="{x(a):.1f}" cy="{y(b):.1f}" r="4"/>' for a, b in points]
    return (
        f'<svg class="square" viewBox="0 0 {size + 10} {size - 18}" role="img" aria-label="{html.escape(label)}">'
        f"{''.join(parts)}</svg>"
    )


def ticks(low: float, high: float, most: int) -> list[float]:
    """Return round numbers between ``low`` and ``high``: multiples of a step of at least ``(high - low) / most``.

    Raises ValueError if ``low`` is not below ``high``.

    Example:
        >>> ticks(-0.12, 0.31, 5)
        [-0.1, 0.0, 0.1, 0.2, 0.3]
    """
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(place * step, 12) + 0.0 for place in range(first, last + 1)]


def tick_text(words: Words, value: float, *, share: bool = False) -> str:
    """Return a round number as text without trailing zeros; with ``share``, as a percentage.

    Example:
        >>> tick_text(Words("en"), 4.0), tick_text(Words("tr"), 0.25), tick_text(Words("en"), -0.5, share=True)
        ('4', '0,25', '−50 %')
    """
    if abs(value) >= 1e9 or 0 < abs(value) < 1e-6:
        return words.number(value)
    shown = signed_for_readers(f"{value * 100 if share else value:,.8f}".rstrip("0").rstrip("."))
    if words.code == "tr":
        shown = shown.translate(str.maketrans(",.", ".,"))
        return re.sub(r"^(−?)", r"\1%", shown) if share else shown
    return f"{shown} %" if share else shown


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    margin = 0.04 * (high - low) or max(abs(high), 1.0) * 0.1
    return (low if low == 0 else low - margin), high + margin


def _grid(low: float, high: float, y: Callable[[float], float], words: Words, *, share: bool = False) -> list[str]:
    parts = []
    for tick in ticks(low, high, 5):
        parts.append(_line(_LEFT, y(tick), _WIDTH - _RIGHT, y(tick), "grid"))
        parts.append(_text(_LEFT - 6, y(tick) + 4, tick_text(words, tick, share=share), "end"))
    return parts


def _points(values: Sequence[float | None], x: Callable[[int], float], y: Callable[[float], float]) -> str:
    return " ".join(f"{x(place):.1f},{y(value):.1f}" for place, value in enumerate(values) if value is not None)


def _band(line: Line, x: Callable[[int], float], y: Callable[[float], float]) -> str:
    high = [f"{x(place):.1f},{y(value):.1f}" for place, value in enumerate(line.high or ()) if value is not None]
    low = [f"{x(place):.1f},{y(value):.1f}" for place, value in enumerate(line.low or ()) if value is not None]
    return f'<polygon class="band" points="{" ".join([*high, *reversed(low)])}"/>'


def _styles(lines: Sequence[Line], baseline: str) -> list[str]:
    """Return the CSS class of each line. A model has the same colour in all charts, since their order is the same."""
    models = [each.name for each in lines if each.name not in ("actual", baseline)]
    return [each.name if each.name == "actual" else _own(each.name, models) for each in lines]


def _own(name: str, models: list[str]) -> str:
    return f"c{models.index(name) + 1}" if name in models else "base"


def _legend(lines: Sequence[Line], styles: Sequence[str], names: dict[str, str]) -> str:
    items = [
        f'<span><i class="key {own}"></i>{html.escape(names.get(line.name, line.name))}</span>'
        for line, own in zip(lines, styles, strict=True)
    ]
    return f'<p class="legend">{"".join(items)}</p>'


def _svg(parts: list[str], height: int, label: str) -> str:
    return f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{html.escape(label)}">{"".join(parts)}</svg>'


def _line(x1: float, y1: float, x2: float, y2: float, own: str) -> str:
    return f'<line class="{own}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str, own: str = "") -> str:
    named = f' class="{own}"' if own else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(text)}</text>'


def _short(name: str) -> str:
    return name if len(name) <= 22 else f"{name[:21]}…"
