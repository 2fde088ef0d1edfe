"""``python -m tools.route_roles [check]``: write the table of roles that routes require into ``docs/projects.md``.

``check`` writes nothing and exits with 1 if a table differs from the routes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from azuraforge.server.packages import PACKAGES
from azuraforge.server.requirements import Requirement, requirements

DOCS = Path(__file__).parents[1] / "docs"
START, END = "<!-- roles of routes: make route-roles -->", "<!-- end of the roles of routes -->"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
#: Title of the column of paths, and the words for callers, by page.
PAGES: dict[str, tuple[str, dict[str, str]]] = {
    "projects.md": ("Route", {"nobody": "everyone", "person": "every person", "administrator": "administrator"}),
    "projects.tr.md": ("Yol", {"nobody": "herkes", "person": "her kişi", "administrator": "yönetici"}),
}


#: Routes whose role depends on what is asked, with the words for it by page.
DIFFERENT: dict[tuple[str, str], dict[str, str]] = {
    ("DELETE", "/members/{person_id}"): {
        "projects.md": "admin; viewer to leave",
        "projects.tr.md": "admin; ayrılmak için viewer",
    }
}


def table(found: list[Requirement], page: str, title: str, words: dict[str, str]) -> str:
    """Return a table with a row for each path and a column for each method."""
    paths: dict[str, dict[str, str]] = {}
    for each in found:
        different = DIFFERENT.get((each.method, each.path), {}).get(page)
        paths.setdefault(each.path, {})[each.method] = different or words.get(each.required, each.required)
    lines = [f"| {title} | {' | '.join(METHODS)} |", "|---" * (len(METHODS) + 1) + "|"]
    for path, roles in paths.items():
        lines.append(f"| `{path}` | {' | '.join(roles.get(method, '') for method in METHODS)} |")
    return "\n".join(lines)


def page_with_table(name: str) -> str:
    """Return the page's text with the present table between the two marks."""
    text = (DOCS / name).read_text(encoding="utf-8")
    before, _, rest = text.partition(START)
    _, mark, after = rest.partition(END)
    if not mark:
        raise SystemExit(f"docs/{name} lacks the marks {START} and {END}")
    return f"{before}{START}\n\n{table(requirements(PACKAGES), name, *PAGES[name])}\n\n{END}{after}"


def main(arguments: list[str]) -> int:
    """Write or check all pages and return the exit code."""
    outdated = [name for name in PAGES if page_with_table(name) != (DOCS / name).read_text(encoding="utf-8")]
    for name in outdated:
        if arguments == ["check"]:
            print(f"docs/{name} is outdated; run make route-roles")  # noqa: T201
        else:
            (DOCS / name).write_text(page_with_table(name), encoding="utf-8")
    return 1 if outdated and arguments == ["check"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
