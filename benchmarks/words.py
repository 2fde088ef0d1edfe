"""Wording of the source: how docstrings open (ours next to Optuna's), replaced words, and gaps in the catalogue."""

from __future__ import annotations

import argparse
import ast
import importlib.util
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.report import ROOT, Report
from tools import messages

SOURCE = ROOT / "src" / "azuraforge"
#: English texts that a person reads: guides, decision records, and the dashboard's catalogue.
PROSE = ("*.md", "docs/**/*.md", "dashboard/src/language/en/*.ts")
#: A docstring opens with a verb in the imperative or with a noun phrase. These words open neither: pronouns,
#: prepositions, conjunctions and question words. "This" and "One" open a noun phrase where a noun follows.
OPENERS = re.compile(
    r"(?:about|above|after|against|along|although|among|and|are|as|at|because|before|behind|below|between|beyond|but|by"
    r"|during|for|from|he|her|his|how|if|in|into|is|it|its|nor|of|off|on|onto|or|over|she|since|so|than|that|their|them"
    r"|then|they|those|though|through|to|towards?|under|unless|until|upon|was|we|were|what|whatever|when|whenever|where"
    r"|whether|which|while|who|whom|whose|why|with|within|without|you|your)\b",
    re.I,
)
#: Words with a plain replacement in the project's glossary.
REPLACED = re.compile(
    r"\b(?:told|beside|whoever|whomever|nobody|anew|riddles?|test parts?|goes by itself|allowance for looks)\b", re.I
)


def docstrings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield every docstring of a module as (line, text).

    Example:
        >>> list(docstrings(ast.parse('def f():\\n    "Return nothing."')))
        [(2, 'Return nothing.')]
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield node.body[0].lineno, text


def opens_badly(text: str) -> bool:
    """Return whether a docstring opens with a pronoun, a preposition, a conjunction or a question word.

    Example:
        >>> opens_badly("Of a row that is gone."), opens_badly("Return the row."), opens_badly("``None`` for no row.")
        (True, False, False)
    """
    return OPENERS.match(text) is not None


def wording(text: str) -> Iterator[tuple[int, str]]:
    """Yield every comment and string of Python source as (line, text)."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.COMMENT, tokenize.STRING):
            yield token.start[0], token.string


def replaced_words(pieces: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield (line, word) of each word that has a replacement.

    Example:
        >>> list(replaced_words(iter([(3, "# as told by the row")])))
        [(3, 'told')]
    """
    for line, text in pieces:
        for found in REPLACED.finditer(text):
            yield line + text[: found.start()].count("\n"), found.group().lower()


def share_of(folder: Path) -> tuple[list[str], int]:
    """Return the places of docstrings that open badly below a folder, and the number of docstrings."""
    bad: list[str] = []
    total = 0
    for path in sorted(folder.rglob("*.py")):
        for line, text in docstrings(ast.parse(path.read_text())):
            total += 1
            if opens_badly(text):
                bad.append(f"{path.relative_to(folder)}:{line}: {text.splitlines()[0]}")
    return bad, total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", metavar="FOLDER", nargs="?", const="", help="name the places, of one folder of ours")
    options = parser.parse_args()
    report = Report("words")

    bad, total = share_of(SOURCE)
    optuna = importlib.util.find_spec("optuna")
    assert optuna is not None
    assert optuna.origin is not None
    theirs, their_total = share_of(Path(optuna.origin).parent)
    share, peer = 100 * len(bad) / total, 100 * len(theirs) / their_total
    report.add(
        f"docstrings that open with a pronoun or a preposition (of {total}; peer: Optuna)",
        share,
        "%",
        peer=peer,
        goal="≤ 1",
        met=share <= 1,
    )

    words: list[str] = []
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE)
        words += [f"{name}:{line}: {word}" for line, word in replaced_words(wording(path.read_text()))]
    report.add("replaced words in comments and strings of src/", len(words), "places", goal="0", met=not words)
    prose: list[str] = []
    for pattern in PROSE:
        for path in sorted(ROOT.glob(pattern)):
            if not path.name.endswith(".tr.md"):
                found = replaced_words(iter([(1, path.read_text())]))
                prose += [f"{path.relative_to(ROOT)}:{line}: {word}" for line, word in found]
    report.add("replaced words in guides and pages", len(prose), "places", goal="0", met=not prose)
    used = messages.extract()
    problems = messages.problems()
    gaps = {
        "texts without a translation, and keys that are missing or unused": [
            each for each in problems if each not in (*used.dynamic, *used.no_next_step)
        ],
        "error templates that are not constant": used.dynamic,
        "errors without a next step": used.no_next_step,
    }
    for title, places in gaps.items():
        report.add(f"{title} (of {len(used.uses)} templates)", len(places), "places", goal="0", met=not places)
    report.finish()
    if options.list is not None:
        print(*(place for place in (*bad, *words) if place.startswith(options.list)), sep="\n")
        print(*prose, sep="\n")
        print(
            "\nwords:",
            *(f"  {count:4} {word}" for word, count in Counter(p.split()[-1] for p in words).items()),
            sep="\n",
        )


if __name__ == "__main__":
    main()
