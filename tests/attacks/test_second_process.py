"""A process that starts while another one works leaves alone what that one is receiving."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from azuraforge import claims
from azuraforge.claims import Claim
from azuraforge.database import Database
from azuraforge.datasets.service import DatasetService
from azuraforge.events.service import EventLog
from azuraforge.settings import Settings

ROWS = "day,value\n" + "".join(f"2024-01-{day:02d},{day % 7}\n" for day in range(1, 32))
BOUNDARY = "slow"
OPTIONS = json.dumps({"name": "slow", "time": "day", "target": "value"})
FORM = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="options"\r\n\r\n{OPTIONS}\r\n'
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="slow.csv"\r\n\r\n'
    f"{ROWS}\r\n--{BOUNDARY}--\r\n"
).encode()


def begin_upload(platform, sent: int) -> socket.socket:
    address = urlsplit(platform.url)
    connection = socket.create_connection((address.hostname, address.port), timeout=60)
    head = (
        f"POST /api/v1/datasets HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {platform.token}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {len(FORM)}\r\n"
        "Connection: close\r\n\r\n"
    )
    connection.sendall(head.encode() + FORM[:sent])
    return connection


def answer_of(connection: socket.socket) -> tuple[int, dict]:
    received = b""
    while part := connection.recv(65536):
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def received_files(home: Path) -> list[Path]:
    return [path for path in (home / "uploads").rglob("*") if path.is_file() and path.suffix != ".lock"]


def start_another(home: Path, folder: Path) -> DatasetService:
    """What every worker and scheduler of a scaled platform makes when it starts."""
    database = Database(f"sqlite:///{folder / 'other.db'}")
    try:
        return DatasetService(database, EventLog(database), lambda *_: None, Settings(home=home))
    finally:
        database.close()


def test_a_starting_process_leaves_the_uploads_of_a_living_one(tmp_path):
    first = start_another(tmp_path, tmp_path)
    with first.inbox() as folder:
        (folder / "upload").write_bytes(b"half")
        start_another(tmp_path, tmp_path)
        assert received_files(tmp_path) == [folder / "upload"]
    assert list((tmp_path / "uploads").iterdir()) == []


@pytest.mark.proof
def test_an_upload_goes_on_while_another_process_starts(platform, tmp_path):
    with begin_upload(platform, len(FORM) - 50) as connection:
        deadline = time.monotonic() + 60
        while not received_files(platform.home):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        start_another(platform.home, tmp_path)
        assert received_files(platform.home)
        connection.sendall(FORM[len(FORM) - 50 :])
        status, answer = answer_of(connection)
    assert (status, answer["rows"]) == (201, 31), answer
    assert received_files(platform.home) == []


def test_what_a_killed_process_was_receiving_is_removed_by_the_next(tmp_path):
    made = "import sys, os; from pathlib import Path; from azuraforge.claims import Claim\n"
    made += "claim = Claim(Path(sys.argv[1])); (claim.folder / 'upload').write_bytes(b'x'); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", made, str(tmp_path / "uploads")], check=False)
    mine = Claim(tmp_path / "uploads")
    (mine.folder / "upload").write_bytes(b"mine")
    assert len(received_files(tmp_path)) == 2
    start_another(tmp_path, tmp_path)
    assert received_files(tmp_path) == [mine.folder / "upload"]
    mine.release()
    assert list((tmp_path / "uploads").iterdir()) == []


def test_a_folder_is_never_claimed_by_a_lock_that_a_sweep_removed(tmp_path, monkeypatch):
    """The sweep comes between the making of the lock's file and its locking."""
    lock = claims.fcntl.flock
    swept = []

    def flock(file, how):
        if not swept:
            swept.append(True)
            claims.sweep(tmp_path)
        lock(file, how)

    monkeypatch.setattr(claims.fcntl, "flock", flock)
    claim = Claim(tmp_path)
    assert claims.sweep(tmp_path) == 0
    assert claim.folder.is_dir()
    claim.release()


def test_a_claim_on_a_full_disk_leaves_no_lock_and_no_descriptor(tmp_path, monkeypatch):
    made = Path.mkdir

    def mkdir(self, *arguments, **options):
        if self.parent == tmp_path:
            raise OSError(28, "No space left on device")
        made(self, *arguments, **options)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    before = len(os.listdir("/dev/fd"))
    for _ in range(5):
        with pytest.raises(OSError, match="No space left"):
            Claim(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert len(os.listdir("/dev/fd")) == before


def test_a_sweep_removes_nothing_by_a_lock_whose_file_is_gone(tmp_path, monkeypatch):
    """The owner let the name go and another process took it between the sweep's opening of the file and its lock."""
    folder = tmp_path / "0123456789abcdef"
    locked = tmp_path / f"{folder.name}.lock"
    locked.touch()
    lock = claims.fcntl.flock

    def flock(file, how):
        locked.unlink()
        locked.touch()
        folder.mkdir()
        lock(file, how)

    with monkeypatch.context() as patched:
        patched.setattr(claims.fcntl, "flock", flock)
        assert claims.sweep(tmp_path) == 0
    assert folder.is_dir()
    assert locked.exists()
    assert claims.sweep(tmp_path) == 1
