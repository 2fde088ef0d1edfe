"""Two API processes behind a real nginx with TLS; one of them is killed under load, and nothing is lost."""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import ipaddress
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.process_checks import Patience
from tests.scaled import Part, Scaled, make_scaled

TEMPLATE = Path(__file__).parents[2] / "deploy/nginx/azuraforge.conf.template"
#: Uploads of each of three writers: enough that the kill meets some of them; in ``make proof``, a longer load.
UPLOADS, UPLOADS_OF_PROOF = 7, 20
CSV = b"time,value\n" + b"".join(b"2020-01-%02d,%d\n" % (day, day * day % 13) for day in range(1, 29))


def find_nginx() -> str | None:
    return os.environ.get("NGINX") or shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def install_nginx() -> None:
    """Debian's package, as root; one process of the suite does it."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    with (Path(tempfile.gettempdir()) / f"azuraforge-nginx-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if find_nginx() is None:
            subprocess.run(["apt-get", "update", "-qq"], capture_output=True, timeout=120)
            command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "nginx-light"]
            # Without this, the package would start a server of its own.
            environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
            subprocess.run(command, capture_output=True, timeout=240, env=environment)


@pytest.fixture(scope="module")
def nginx_program() -> str:
    if find_nginx() is None:
        install_nginx()
    if (found := find_nginx()) is not None:
        return found
    reason = "NO NGINX: none found, none could be installed; the proxy was NOT tested (set NGINX)"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_certificate(folder: Path) -> ssl.SSLContext:
    """Write a certificate for localhost and its key; return a context that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    today = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(form))
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(form, serialization.PrivateFormat.PKCS8, plain))
    return ssl.create_default_context(cafile=folder / "certificate.pem")


@dataclass
class Proxied:
    """A scaled platform behind nginx. ``url`` is the public URL; ``apis`` listen on ``ports``."""

    platform: Scaled
    url: str
    trust: ssl.SSLContext
    apis: list[Part] = field(default_factory=list)
    ports: tuple[int, int] = field(default_factory=lambda: (free_port(), free_port()))

    def client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.platform.token}"}
        return httpx.Client(base_url=f"{self.url}/api/v1", verify=self.trust, headers=headers, timeout=60)


def render(values: dict[str, str]) -> str:
    text = TEMPLATE.read_text()
    for name, value in values.items():
        text = text.replace("${" + name + "}", value)
    assert "${" not in "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return text


@pytest.fixture(scope="module")
def proxied(nginx_program, tmp_path_factory, postgres_cluster, valkey_of_module) -> Iterator[Proxied]:
    folder = tmp_path_factory.mktemp("nginx")
    port = free_port()
    url = f"https://localhost:{port}"
    platform = make_scaled(
        tmp_path_factory.mktemp("proxied"),
        postgres_cluster,
        valkey_of_module,
        AZURAFORGE_SERVER__PUBLIC_URL=url,
    )
    made = Proxied(platform, url, write_certificate(folder))
    nginx = None
    try:
        for port_of_api in made.ports:
            made.apis.append(platform.start("api", "--port", str(port_of_api)).wait_for("is running at "))
        values = {
            "AZURAFORGE_SERVERS": " ".join(
                f"server 127.0.0.1:{each} max_fails=1 fail_timeout=2s;" for each in made.ports
            ),
            "AZURAFORGE_LISTEN": f"127.0.0.1:{port}",
            "AZURAFORGE_SERVER_NAME": "localhost",
            "AZURAFORGE_CERTIFICATE": str(folder / "certificate.pem"),
            "AZURAFORGE_CERTIFICATE_KEY": str(folder / "key.pem"),
        }
        (folder / "azuraforge.conf").write_text(render(values))
        places = "".join(
            f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
            + ("user root;\n" if os.geteuid() == 0 else "")
            + f"events {{}}\nhttp {{ access_log off; {places} include {folder}/azuraforge.conf; }}\n"
        )
        nginx = subprocess.Popen([nginx_program, "-p", str(folder), "-c", str(folder / "nginx.conf")])
        patience = Patience(60)
        with made.client() as client:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if client.get("/runs").status_code == 200:
                        break
                assert not patience.over, (folder / "error.log").read_text()
                time.sleep(0.1)
        yield made
    finally:
        if nginx is not None:
            nginx.terminate()
            nginx.wait(30)
        platform.stop()
        postgres_cluster.drop(platform.postgres)


def test_a_browser_signs_in_over_tls_with_a_cookie_that_only_this_host_can_set(proxied):
    with proxied.client() as client:
        link = client.post("/links", json={}).json()["url"]
    assert link.startswith(f"{proxied.url}/sign-in#link=")
    secret = link.partition("#link=")[2].partition("&")[0]
    with httpx.Client(base_url=proxied.url, verify=proxied.trust, headers={"Origin": proxied.url}) as browser:
        answer = browser.post("/api/v1/sessions", json={"link": secret})
        assert answer.status_code == 201, answer.text
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-azuraforge_session=")
        assert {"Secure", "HttpOnly", "SameSite=strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert browser.get("/api/v1/sessions/current").status_code == 200
        page = browser.get("/sign-in")
        assert page.headers["content-security-policy"].startswith("default-src 'self'")
        foreign = browser.post("/api/v1/links", json={}, headers={"Origin": "https://evil.example"})
        assert foreign.json()["code"] == "forbidden"


def test_other_host_names_are_refused(proxied):
    with proxied.client() as client:
        answer = client.get("/runs", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_host")


class Follower(threading.Thread):
    """Read the project's events over a WebSocket; connect again after the last one whenever the connection ends."""

    def __init__(self, proxied: Proxied) -> None:
        super().__init__(daemon=True)
        self.proxied = proxied
        self.after = 0
        self.connections = 0
        self.datasets: list[str] = []
        self.ending = threading.Event()

    def run(self) -> None:
        headers = {"Authorization": f"Bearer {self.proxied.platform.token}"}
        while not self.ending.is_set():
            url = f"{self.proxied.url.replace('https', 'wss')}/api/v1/events/live?stream=project&after={self.after}"
            with (
                contextlib.suppress(ConnectionClosed, InvalidStatus, OSError, TimeoutError),
                connect(url, ssl=self.proxied.trust, additional_headers=headers, max_size=2**24) as socket,
            ):
                self.connections += 1
                while not self.ending.is_set():
                    with contextlib.suppress(TimeoutError):
                        self._read(json.loads(socket.recv(0.5)))
            time.sleep(0.05)

    def _read(self, events: list[dict]) -> None:
        for each in events:
            assert each["seq"] == self.after + 1, "an event was lost or repeated"
            self.after = each["seq"]
            if each["type"].startswith("dataset"):
                self.datasets.append(json.dumps(each))


def mend(client: httpx.Client, name: str, key: str, options: str) -> None:
    """Do what the error says: look for the result, or repeat the request under another key, which adds nothing."""
    found = client.get(f"/datasets/{name}")
    assert (found.status_code, found.json()["version"]) == (200, 1), found.text
    again = client.post(
        "/datasets",
        data={"options": options},
        files={"file": ("a.csv", CSV, "text/csv")},
        headers={"Idempotency-Key": f"{key}-again"},
    )
    if again.status_code not in (502, 503, 504):
        assert (again.status_code, again.json()["version"], again.json()["created"]) == (201, 1, False), again.text


def upload(client: httpx.Client, name: str, repeats: list[str]) -> None:
    """Add a dataset as a client does that repeats a failed request with the same key."""
    options = json.dumps({"time": "time", "target": "value", "name": name})
    key = uuid.uuid4().hex
    for _ in range(4):
        try:
            answer = client.post(
                "/datasets",
                data={"options": options},
                files={"file": ("a.csv", CSV, "text/csv")},
                headers={"Idempotency-Key": key},
            )
        except httpx.TransportError as error:
            repeats.append(f"{name}: {type(error).__name__}")
            continue
        if answer.status_code in (502, 503, 504):
            repeats.append(f"{name}: {answer.status_code}")
            time.sleep(0.2)
            continue
        if answer.json().get("code") == "answer_unknown":
            repeats.append(f"{name}: answer_unknown")
            mend(client, name, key, options)
            return
        assert answer.status_code == 201, answer.text
        return
    raise AssertionError(f"{name} was never answered: {repeats}")


@pytest.mark.parametrize("uploads", [UPLOADS, pytest.param(UPLOADS_OF_PROOF, marks=pytest.mark.proof)])
def test_an_api_killed_under_load_costs_no_request_that_a_retry_does_not_mend(proxied, uploads):
    """The dead process starts again on its port, as a supervisor does it, and takes requests again."""
    follower = Follower(proxied)
    follower.start()
    failures: list[BaseException] = []
    repeats: list[str] = []
    reads: list[int] = []
    ending = threading.Event()

    def write(writer: int) -> None:
        with proxied.client() as client:
            for number in range(uploads):
                try:
                    upload(client, f"series-{writer}-{number}", repeats)
                except BaseException as error:
                    failures.append(error)

    def read() -> None:
        with proxied.client() as client:
            while not ending.is_set():
                for last in (False, True):
                    try:
                        answer = client.get("/datasets", params={"limit": 500})
                        if answer.status_code == 200:
                            reads.append(len(answer.json()["items"]))
                            break
                        problem = f"{answer.status_code} {answer.text[:200]}"
                    except httpx.TransportError as error:
                        problem = repr(error)
                    repeats.append(f"read: {problem}")
                    if last:
                        failures.append(AssertionError(problem))
                time.sleep(0.02 if uploads == UPLOADS else 0)  # uploads need the processors

    writers = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    reader = threading.Thread(target=read)
    for each in (*writers, reader):
        each.start()
    victim = proxied.apis[0]
    patience = Patience(120)
    while not any(count >= 5 for count in reads):
        assert not patience.over, (reads[-5:], failures)
        time.sleep(0.02)
    victim.kill()
    time.sleep(1)
    again = proxied.platform.start("api", "--port", str(proxied.ports[0]))
    for each in writers:
        each.join(600)
        assert not each.is_alive()
    ending.set()
    reader.join(60)
    assert not failures, failures[:3]
    with proxied.client() as client:
        stored = client.get("/datasets", params={"limit": 500}).json()["items"]
        assert sorted(each["name"] for each in stored) == sorted(
            f"series-{writer}-{number}" for writer in range(3) for number in range(uploads)
        )
        assert {each["versions"] for each in stored} == {1}, "a repeated upload took effect once"
        again.wait_for("is running at ")
        proxied.apis[1].kill()
        patience = Patience(60)
        while client.get("/runs").status_code != 200:
            assert not patience.over, "the process that was started again takes no requests"
            time.sleep(0.1)
    patience = Patience(60)
    while len(follower.datasets) < 3 * uploads or follower.connections < 2:
        assert not patience.over, (follower.after, follower.datasets, follower.connections)
        time.sleep(0.1)
    follower.ending.set()
    follower.join(30)
    assert len(follower.datasets) == 3 * uploads
