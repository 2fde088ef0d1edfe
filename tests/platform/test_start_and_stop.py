"""The platform as a process: it starts light, stops cleanly, and says clearly why it will not start."""

from __future__ import annotations

import itertools
import os
import re
import signal
import socket
import sqlite3
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from platform import libc_ver

import psutil
import pytest

from tests.conftest import PlatformProcess, running_platform
from tests.process_checks import still_alive

FORBIDDEN = (
    "llvmlite", "matplotlib", "numba", "numpy", "pandas", "PIL", "polars", "pyarrow", "scipy", "sklearn", "statsmodels",
    "torch",
)  # fmt: skip


@pytest.fixture(scope="module")
def platform(tmp_path_factory) -> Iterator[PlatformProcess]:
    """A platform that starts as people start it, so that what it loads is what it imports."""
    yield from running_platform(tmp_path_factory.mktemp("platform"), fresh=True)


def loaded_libraries(process: psutil.Process) -> set[str]:
    """Which of the forbidden packages have files mapped into the process."""
    maps = Path(f"/proc/{process.pid}/maps").read_text()
    return {name for name in FORBIDDEN if f"site-packages/{name}" in maps}


def test_api_and_supervisor_load_no_heavy_library(platform):
    assert loaded_libraries(psutil.Process(platform.process.pid)) == set()


def allocator_heaps(process: psutil.Process) -> int:
    """Heaps that glibc opened alongside the main one: 64 MiB of addresses each, aligned to that size."""
    size = 64 * 2**20
    areas = re.findall(r"^([0-9a-f]+)-([0-9a-f]+) (\S+)", Path(f"/proc/{process.pid}/maps").read_text(), re.MULTILINE)
    found = [(int(first, 16), int(last, 16), access) for first, last, access in areas]
    return sum(
        first % size == 0 and used == "rw-p" and free == "---p" and middle == begin and last - first == size
        for (first, middle, used), (begin, last, free) in itertools.pairwise(found)
    )


@pytest.mark.skipif(libc_ver()[0] != "glibc", reason="only glibc gives each thread memory of its own")
def test_threads_of_the_api_share_the_memory_they_free(platform):
    for _ in range(3):
        platform.json("runs", "list")
    assert allocator_heaps(psutil.Process(platform.process.pid)) == 0


def test_a_sign_in_link_opens_the_api_and_only_once(platform):
    link = platform.json("link")["url"]
    secret = link.split("#link=")[1].split("&")[0]
    request = urllib.request.Request(
        f"{platform.url}/api/v1/sessions",
        data=f'{{"link": "{secret}"}}'.encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 401
    refused.value.close()


def test_nothing_is_answered_without_a_secret_or_to_a_foreign_host(platform):
    for headers, status in (({}, 401), ({"Host": "evil.example"}, 400)):
        request = urllib.request.Request(f"{platform.url}/api/v1/runs", headers=headers)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        assert refused.value.code == status
        assert refused.value.headers["content-type"] == "application/problem+json"
        refused.value.close()


def test_a_second_platform_on_the_home_says_so_and_stops(platform):
    second = platform.run("up", "--port", "0", check=False)
    assert second.returncode == 1
    assert "already uses this data home" in second.stderr
    assert str(platform.process.pid) in second.stderr
    assert "Traceback" not in second.stderr


def test_stopped_or_killed_it_leaves_no_process_and_its_home_opens_again(make_platform):
    running = make_platform(fresh=True)
    for number in (signal.SIGTERM, signal.SIGINT):
        tree = running.start().tree()
        assert len(tree) >= 2, "the launcher is a process of its own"
        assert running.stop(number) == 0
        assert still_alive(tree, 2) == []
        assert not (running.home / "platform.json").exists()
    orphans = running.start().kill()  # it starts: the lock was let go
    assert still_alive(orphans, 2) == []
    assert running.start().stop() == 0


def test_a_port_in_use_is_named(make_platform):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = make_platform().run("up", "--port", str(port), check=False)
    assert done.returncode == 1
    assert f"port {port} on 127.0.0.1 is already in use" in done.stderr.lower()
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_read_only_home_is_named(make_platform, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    mounted = os.geteuid() == 0
    if mounted:  # permissions do not stop root, a read-only mount does
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", str(home)], capture_output=True)
        if done.returncode != 0:
            pytest.skip("root without the right to mount")
    else:
        home.chmod(0o500)
    try:
        refused = make_platform().run("up", "--port", "0", check=False)
    finally:
        if mounted:
            subprocess.run(["umount", str(home)], check=True)
        else:
            home.chmod(0o700)
    assert refused.returncode == 1
    assert "the data home cannot be written" in refused.stderr.lower()
    assert str(home) in refused.stderr.replace("\n", "")
    assert "Traceback" not in refused.stderr


def test_a_home_newer_than_the_code_is_left_alone(make_platform):
    running = make_platform().start()
    running.stop()
    with sqlite3.connect(running.home / "azuraforge.db") as connection:
        connection.execute("UPDATE azuraforge_schema SET version_num = 'f00dfeed'")
    connection.close()
    before = (running.home / "azuraforge.db").read_bytes()
    refused = running.run("up", "--port", "0", check=False)
    assert refused.returncode == 1
    assert "newer version of AzuraForge" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert (running.home / "azuraforge.db").read_bytes() == before
