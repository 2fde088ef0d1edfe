"""A judgement as one self-contained HTML file without scripts, in light or dark colours and suitable for printing."""

from __future__ import annotations

import contextlib
import html
import secrets
from pathlib import Path

import azuraforge
from azuraforge.durable import sync
from azuraforge.errors import InvalidInput
from azuraforge.judgements import charts
from azuraforge.judgements.shapes import Finding, Judgement
from azuraforge.judgements.summary import against_incumbent, cells, lead_in
from azuraforge.judgements.words import level as shown_level
from azuraforge.judgements.words import text
from azuraforge.messages import Code, Message
from azuraforge.plugins.contract.shape import text_of
from azuraforge.reports.words import Words

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
#: Charts that show only the best models; the first chart shows the interval of every model.
_LIMITED = ("sample", "lead", "horizon")
_SEVERITIES = ("suspicion", "warning", "note")
_STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1f2430; --soft: #5b6472; --rule: #dfe3e8; --shade: #f4f6f8;
  --c1: #1d4ed8; --c2: #c2410c; --c3: #0f766e; --c4: #7e22ce; --c5: #a16207; --c6: #be185d;
  --better: #15803d; --worse: #b91c1c; --open: #a16207; --band: #1d4ed822; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171c; --ink: #e6e9ee; --soft: #9aa4b2; --rule: #323944;
  --shade: #1d2229; --c1: #7aa2ff; --c2: #fb923c; --c3: #2dd4bf; --c4: #c084fc; --c5: #facc15; --c6: #f472b6;
  --better: #4ade80; --worse: #f87171; --open: #facc15; --band: #7aa2ff2e; } }
* { box-sizing: border-box; }
body { max-width: 58rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--paper); overflow-wrap: break-word; }
h1 { font-size: 1.1rem; font-weight: 600; color: var(--soft); margin: 0 0 .75rem; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem; }
.verdict { border-left: 6px solid var(--open); background: var(--shade); padding: .8rem 1rem; margin: .6rem 0; }
.verdict p { margin: 0; }
.verdict.first p { font-size: 1.2rem; line-height: 1.4; font-weight: 600; }
.verdict.better { border-color: var(--better); } .verdict.worse, .verdict.suspected { border-color: var(--worse); }
.soft, figcaption, .legend, .notes { color: var(--soft); font-size: .875rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--rule); text-align: right; white-space: nowrap; }
th { color: var(--soft); font-weight: 600; white-space: normal; vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; white-space: normal; }
td small { color: var(--soft); }
tr.model td:first-child { font-weight: 600; }
ul { padding-left: 1.2rem; } li { margin: .35rem 0; }
.tag { font-size: .75rem; font-weight: 600; padding: .05rem .45rem; border-radius: 1rem; border: 1px solid currentColor;
  margin-right: .45rem; white-space: nowrap; }
.suspicion .tag { color: var(--worse); } .warning .tag { color: var(--open); } .note .tag { color: var(--soft); }
figure { margin: 0; }
svg { width: 100%; min-width: 34rem; height: auto; display: block; } svg.square { max-width: 22rem; min-width: 18rem; }
svg text { font: 12px system-ui, sans-serif; fill: var(--soft); } svg text.name { fill: var(--ink); font-size: 13px; }
.grid { stroke: var(--rule); } .zero { stroke: var(--soft); stroke-dasharray: 4 3; }
.whisker { stroke-width: 3; stroke: var(--open); } .dot { fill: var(--open); }
.whisker.better { stroke: var(--better); } .dot.better { fill: var(--better); }
.whisker.worse { stroke: var(--worse); } .dot.worse { fill: var(--worse); }
polyline { fill: none; stroke-width: 1.6; stroke-linejoin: round; } polyline.actual { stroke: var(--ink); }
.band { fill: var(--band); }
.c1 { stroke: var(--c1); } .c2 { stroke: var(--c2); } .c3 { stroke: var(--c3); } .c4 { stroke: var(--c4); }
.c5 { stroke: var(--c5); } .c6 { stroke: var(--c6); } .base { stroke: var(--soft); }
polyline.base { stroke-dasharray: 6 3; } circle.point { stroke-width: 1.5; fill: var(--paper); }
.legend { margin: .3rem 0 0; } .legend span { margin-right: 1.1rem; white-space: nowrap; }
.key { display: inline-block; width: 1.4rem; height: 3px; margin-right: .4rem; vertical-align: middle;
  background: var(--ink); }
.key.c1 { background: var(--c1); } .key.c2 { background: var(--c2); } .key.c3 { background: var(--c3); }
.key.c4 { background: var(--c4); } .key.c5 { background: var(--c5); } .key.c6 { background: var(--c6); }
.key.base { background: repeating-linear-gradient(90deg, var(--soft) 0 6px, transparent 6px 9px); }
footer { margin-top: 2.5rem; padding-top: .75rem; border-top: 1px solid var(--rule); }
@media print { :root { color-scheme: light; --paper: #fff; --ink: #1f2430; --soft: #5b6472; --rule: #dfe3e8;
  --shade: #f4f6f8; --c1: #1d4ed8; --c2: #c2410c; --c3: #0f766e; --c4: #7e22ce; --c5: #a16207; --c6: #be185d;
  --better: #15803d;
  --worse: #b91c1c; --open: #a16207; --band: #1d4ed822; }
  body { margin: 0; max-width: none; font-size: 10pt; } .wide { overflow: visible; }
  svg { min-width: 0; } * { print-color-adjust: exact; } h2 { break-after: avoid; }
  figure, tr, .verdict, li { break-inside: avoid; } }
"""


def write_page(judgement: Judgement, language: Code, path: Path) -> None:
    """Write the page to ``path`` atomically. Raises InvalidInput if it cannot be written."""
    content = page(judgement, language).encode()
    half = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        if path.is_dir():
            raise IsADirectoryError
        with half.open("xb") as file:
            file.write(content)
            file.flush()
            sync(file.fileno())
        half.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            half.unlink(missing_ok=True)
        reason = Message("it is a folder") if isinstance(error, IsADirectoryError) else error.strerror or str(error)
        raise InvalidInput(
            "the report cannot be written to {path}: {reason}",
            where="option --output",
            next_step="choose a file in an existing folder with write permission",
            path=path,
            reason=reason,
        ) from error


def page(judgement: Judgement, language: Code) -> str:
    """Return the HTML document in one language."""
    words = Words(language)
    title = text("title", language, file=judgement.file)
    body = [
        f"<h1>{html.escape(title)}</h1>",
        *_verdicts(judgement, words),
        f'<p class="soft">{html.escape(lead_in(judgement, words))}</p>',
        *_problems(judgement, words),
        _section("scores", _scores(judgement, words), words),
        *_charts(judgement, words),
        *_classes(judgement, words),
        *_notes(judgement, words),
    ]
    how = text("how", language, version=azuraforge.__version__)
    return (
        f'<!doctype html>\n<html lang="{html.escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in body if part)
        + f'\n</main>\n<footer class="soft">{html.escape(how)}</footer>\n</body>\n</html>\n'
    )


def _verdicts(judgement: Judgement, words: Words) -> list[str]:
    found = []
    for place, each in enumerate(judgement.verdicts):
        shown = judgement.headline if place == 0 else each.text
        own = f"verdict {'suspected' if each.suspected else each.decision}{' first' if place == 0 else ''}"
        found.append(f'<div class="{own}"><p>{html.escape(text_of(shown, words.code))}</p></div>')
    for sentence, each in zip(against_incumbent(judgement, words.code), judgement.incumbent, strict=False):
        own = f"verdict {'suspected' if each.suspected else each.decision}"
        found.append(f'<div class="{own}"><p>{html.escape(sentence)}</p></div>')
    return found


def _problems(judgement: Judgement, words: Words) -> list[str]:
    shown = [each for each in judgement.findings if each.severity != "note"]
    if not shown:
        return []
    return [_section("findings", _list(shown, words), words)]


def _notes(judgement: Judgement, words: Words) -> list[str]:
    found = []
    if notes := [each for each in judgement.findings if each.severity == "note"]:
        found.append(_section("notes", f'<div class="notes">{_list(notes, words, tagged=False)}</div>', words))
    if judgement.left_out:
        items = "".join(f"<li>{html.escape(text_of(each.text, words.code))}</li>" for each in judgement.left_out)
        found.append(_section("left_out", f'<ul class="notes">{items}</ul>', words))
    return found


def _list(findings: list[Finding], words: Words, *, tagged: bool = True) -> str:
    items = []
    for each in sorted(findings, key=lambda each: _SEVERITIES.index(each.severity)):
        tag = f'<span class="tag">{html.escape(text(f"severity.{each.severity}", words.code))}</span>' if tagged else ""
        items.append(f'<li class="{each.severity}">{tag}{html.escape(text_of(each.text, words.code))}</li>')
    return f"<ul>{''.join(items)}</ul>"


def _scores(judgement: Judgement, words: Words) -> str:
    heads, rows = cells(judgement, words)
    head = "".join(f"<th>{html.escape(each)}</th>" for each in [text("name", words.code), *heads])
    lines = []
    for scores, row in rows:
        name = html.escape(text_of(scores.title, words.code))
        role = html.escape(text(f"role.{scores.role}", words.code))
        values = "".join(f"<td>{_cell(cell)}</td>" for cell in row)
        lines.append(f'<tr class="{scores.role}"><td>{name} <small>{role}</small></td>{values}</tr>')
    legend = (
        text("legend.classes", words.code)
        if not judgement.horizons
        else text("legend", words.code, stated=shown_level(words, judgement.coverage_level or 0.9))
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    return f'<div class="wide">{table}</div><p class="soft">{html.escape(legend)}</p>'


def _cell(value: str) -> str:
    """Return the HTML of a cell: its value, with the interval below it."""
    middle, bracket, interval = value.partition(" (")
    return html.escape(middle) + (f"<br><small>{html.escape('(' + interval)}</small>" if bracket else "")


def _charts(judgement: Judgement, words: Words) -> list[str]:
    code = words.code
    names = {each.name: text_of(each.title, code) for each in judgement.ranking} | {"actual": text("actual", code)}
    best = judgement.verdicts[0].baseline
    drawn: list[tuple[str, str, dict[str, str]]] = [
        ("forest", charts.forest(judgement.verdicts, words, text("chart.forest", code)), {})
    ]
    if judgement.sample is not None:
        shown = {"count": words.number(len(judgement.sample.at)), "ahead": words.number(judgement.sample.horizon)}
        sample = charts.time_lines(judgement.sample, words, text("chart.sample", code), names, best)
        drawn.append(("sample", sample, shown))
    if judgement.lead is not None:
        lead = charts.time_lines(judgement.lead, words, text("chart.lead", code), names, best, share=True)
        drawn.append(("lead", lead, {}))
    horizons = charts.by_horizon(judgement.ranking, best, words, text("chart.horizon", code), names)
    drawn.append(("horizon", horizons, {}))
    if judgement.reliability is not None:
        drawn.append(
            ("reliability", charts.reliability(judgement.reliability, words, text("chart.reliability", code)), {})
        )
    found = []
    omitted = "" if judgement.sample is None else ", ".join(judgement.sample.omitted)
    for name, svg, shown in drawn:
        if svg:
            below = html.escape(text(f"chart.{name}.note", code, **shown))
            if omitted and name in _LIMITED:
                below += " " + html.escape(text("chart.omitted", code, models=omitted))
            figure = f'<figure><div class="wide">{svg}</div><figcaption>{below}</figcaption></figure>'
            found.append(_section(f"chart.{name}", figure, words))
    return found


def _classes(judgement: Judgement, words: Words) -> list[str]:
    if not judgement.classes:
        return []
    heads = [text(name, words.code) for name in ("class", "support", "precision", "recall", "f1")]
    head = "".join(f"<th>{html.escape(each)}</th>" for each in heads)
    rows = "".join(
        f"<tr><td>{html.escape(each.name)}</td><td>{words.number(each.support)}</td>"
        + "".join(f"<td>{words.percent(value)}</td>" for value in (each.precision, each.recall, each.f1))
        + "</tr>"
        for each in judgement.classes
    )
    table = f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    return [_section("classes", table, words)]


def _section(key: str, content: str, words: Words) -> str:
    return f"<section><h2>{html.escape(text(key, words.code))}</h2>\n{content}</section>"
