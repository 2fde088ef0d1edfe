"""Configuration of the documentation site: ``make docs`` builds it with Sphinx (decision 0046).

The sources are the Markdown files in docs/ and the changelog, the rules of contributing and the security policy in the
root, so that their links work in a checkout too. ``guide`` is the extension in this folder.
"""

import sys
from pathlib import Path

import azuraforge

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(Path(__file__).parent))

project = "AzuraForge"
version = release = azuraforge.__version__
author = "AzuraForge maintainers"

extensions = ["myst_parser", "guide"]
root_doc = "docs/index"
include_patterns = ["docs/**.md", "README.md", "README.tr.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"]
# Sphinx walks every folder that is not excluded.
exclude_patterns = [each.name for each in ROOT.iterdir() if each.is_dir() and each.name != "docs"]
exclude_patterns += ["docs/site"]

myst_heading_anchors = 4
myst_heading_slug_func = "guide.sources.slug"
suppress_warnings = [
    "toc.not_included",  # navigation.py orders the pages; a page that it does not name is a warning of its own
    "misc.highlighting_failure",  # SQL with commands of psql
    "myst.header",  # the changelog begins at the second level
]

html_theme = "azuraforge"
html_theme_path = ["theme"]
smartquotes = False
html_copy_source = False
html_use_index = False
html_domain_indices = False
