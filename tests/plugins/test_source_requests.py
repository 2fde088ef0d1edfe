"""The source of the guide, run as it is printed there."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from azuraforge.errors import InvalidInput, TransientError
from azuraforge.outgoing import Policy
from azuraforge.plugins import Source
from azuraforge.plugins.discovery.loading import load_file

GUIDES = [Path(__file__).parents[2] / "docs" / name for name in ("plugins.md", "plugins.tr.md")]


class Table(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path == "/rows.csv"
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(b"time,value\n2024-01-01,1\n2024-01-02,2\n" if found else b"inner secret")

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Table) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_the_source_of_the_guide_reads_what_it_may(guide: Path, url: str, tmp_path: Path) -> None:
    code = next(
        found for found in re.findall(r"```python\n(.*?)```", guide.read_text(), re.DOTALL) if "CsvLink" in found
    )
    file = tmp_path / "csv_link.py"
    file.write_text(code)
    module = load_file(file)
    source, link = module.CsvLink(), module.Link
    assert isinstance(source, Source)
    with pytest.raises(InvalidInput) as caught:
        source.read(link(url=f"{url}/rows.csv"))
    assert caught.value.error_code == "address_refused"
    source.outgoing = Policy(allow=("127.0.0.1",))
    read = source.read(link(url=f"{url}/rows.csv"))
    assert read.frame["value"].to_list() == [1, 2]
    with pytest.raises(TransientError, match="404") as missing:
        source.read(link(url=f"{url}/other"))
    assert "secret" not in str(missing.value.to_dict())
