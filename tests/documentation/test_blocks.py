"""Every code block of the README and of the guides runs as written, on one platform; both languages show the same code.

The blocks of a page run in order, in an empty folder with the repository's ``examples``, in a project of the page's
own: ``bash`` in a shell with ``azuraforge`` on its path, ``python`` in one interpreter per page. ``AZURAFORGE_URL`` and
``AZURAFORGE_TOKEN`` name the platform, as for a user of a platform elsewhere. A line ``<!-- not run: REASON -->``
directly above a block leaves it out. Two pages run at a time; one that adds plugins runs last and alone, as
all projects see its plugins.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import pytest
import yaml

from tests.conftest import PlatformProcess, running_platform
from tests.documentation.page import ROOT, Block, Page
from tests.documentation.reader import Commands, reading

PATHS = sorted([ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("docs/concepts/*.md")])
ENGLISH = [Page.read(path) for path in PATHS if not path.name.endswith(".tr.md")]
ENGLISH_ONLY = {"docs/architecture.md", "docs/benchmarks.md"}
#: Blocks that no test can run: they need root, several machines, or never end.
MOST_NOT_RUN = 26
#: Pages, and runs of the platform.
AT_ONCE = 2
#: ``text`` is output; ``sql`` is for a database elsewhere.
PARSED = {"json": json.loads, "toml": tomllib.loads, "yaml": yaml.safe_load}
RUN = ("bash", "python")
KNOWN = {*RUN, *PARSED, "text", "sql"}


def names(pages: list[Page]) -> list[str]:
    return [page.name for page in pages]


def runnable(page: Page) -> list[Block]:
    return [block for block in page.blocks if block.language in RUN and block.not_run is None]


def adds_plugins(page: Page) -> bool:
    return any("/.azuraforge/plugins" in block.code for block in runnable(page) if block.language == "bash")


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    made = Commands(tmp_path_factory.mktemp("commands"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared(commands: Commands, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformProcess]:
    """The platform of all pages, which starts while ``commands`` imports."""
    for platform in running_platform(tmp_path_factory.mktemp("platform"), AZURAFORGE_RUNS__CONCURRENCY=str(AT_ONCE)):
        commands.wait()
        yield platform


@pytest.fixture(scope="module")
def ends(
    request: pytest.FixtureRequest,
    shared: PlatformProcess,
    commands: Commands,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Future[None]]]:
    """The end of each page whose test was chosen, by name."""
    chosen = [page for page in ENGLISH if any(_is_of(item, page) for item in request.session.items)]
    pool = ThreadPoolExecutor(AT_ONCE)
    found: dict[str, Future[None]] = {}
    for page in sorted(chosen, key=adds_plugins):
        before = list(found.values()) if adds_plugins(page) else []
        found[page.name] = pool.submit(read, page, before, shared, commands, tmp_path_factory.mktemp("page"))
    yield found
    pool.shutdown(cancel_futures=True)


def read(page: Page, before: list[Future[None]], platform: PlatformProcess, commands: Commands, folder: Path) -> None:
    """Run the blocks of a page, once the pages in ``before`` have ended."""
    wait(before)
    if blocks := runnable(page):
        with reading(platform, commands, folder, page.name.replace("/", "-").removesuffix(".md")) as reader:
            for block in blocks:
                reader.run(page.name, block)


@pytest.mark.parametrize("page", ENGLISH, ids=names(ENGLISH))
def test_the_blocks_run(page: Page, ends: dict[str, Future[None]]) -> None:
    ends[page.name].result()


@pytest.mark.parametrize("page", ENGLISH, ids=names(ENGLISH))
def test_every_block_names_its_language_and_can_be_parsed(page: Page) -> None:
    for block in page.blocks:
        assert block.language in KNOWN, f"{page.name}:{block.line}: a block of {block.language or 'no language'}"
        if parse := PARSED.get(block.language):
            try:
                parse(block.code)
            except (ValueError, yaml.YAMLError) as error:
                pytest.fail(f"{page.name}:{block.line}: {error}")


@pytest.mark.parametrize("page", ENGLISH, ids=names(ENGLISH))
def test_both_languages_show_the_same_code(page: Page) -> None:
    if page.name in ENGLISH_ONLY:
        return
    turkish = Page.read(ROOT / page.name.replace(".md", ".tr.md"))
    pairs = zip(_code(page), _code(turkish), strict=False)
    for one, other in pairs:
        assert one.language == other.language, f"{page.name}:{one.line} and {turkish.name}:{other.line}"
        assert one.without_comments == other.without_comments, f"{page.name}:{one.line} and {turkish.name}:{other.line}"
    assert len(_code(page)) == len(_code(turkish)), f"{page.name} and {turkish.name} have different numbers of blocks"


def test_few_blocks_are_not_run() -> None:
    left_out = [
        f"{page.name}:{block.line}: {block.not_run}" for page in ENGLISH for block in page.blocks if block.not_run
    ]
    assert len(left_out) <= MOST_NOT_RUN, "\n".join(left_out)


def _code(page: Page) -> list[Block]:
    return [block for block in page.blocks if block.language != "text"]


def _is_of(item: pytest.Item, page: Page) -> bool:
    return item.name == f"{test_the_blocks_run.__name__}[{page.name}]"
