"""The files of ``deploy/`` name commands, settings and variables that exist, and create a database that is accepted."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import typer
import yaml

from azuraforge.cli.main import app
from azuraforge.database import schema
from azuraforge.server.packages import import_tables
from azuraforge.settings import Settings
from tests.postgres import Cluster, binaries

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
EXAMPLE = (DEPLOY / "azuraforge.env.example").read_text()


def known_setting(variable: str) -> bool:
    """Return whether an environment variable ``AZURAFORGE_A__B`` is a setting of the platform."""
    model: type | None = Settings
    for name in variable.removeprefix("AZURAFORGE_").lower().split("__"):
        field = getattr(model, "model_fields", {}).get(name)
        if field is None:
            return False
        model = field.annotation if isinstance(field.annotation, type) else None
    return True


def parse(words: list[str]) -> None:
    """Parse a command's options as the command line does, without running it."""
    group = typer.main.get_command(app)
    command = group.commands[words[0]]
    command.make_context(words[0], words[1:])


@pytest.mark.parametrize("service", ["api-1", "worker", "scheduler"])
def test_commands_of_the_services_exist_with_their_options(service):
    parse(COMPOSE["services"][service]["command"])


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_commands_of_the_units_exist_with_their_options(unit):
    line = next(line for line in unit.read_text().splitlines() if line.startswith("ExecStart="))
    program, *words = shlex.split(line.removeprefix("ExecStart=").replace("%i", "8787"))
    assert program.endswith("/bin/azuraforge")
    parse(words)


def test_an_unknown_option_would_be_noticed():
    with pytest.raises(Exception, match="--no-such"):
        parse(["worker", "--no-such"])
    assert not known_setting("AZURAFORGE_SERVER__NO_SUCH")


def test_variables_of_the_platform_are_settings():
    for name in COMPOSE["x-platform"]["environment"]:
        assert known_setting(name), name


def test_the_example_has_every_variable_that_compose_requires():
    required = set(re.findall(r"\$\{(\w+):\?\}", (DEPLOY / "compose.yaml").read_text()))
    assert required <= set(re.findall(r"^(\w+)=", EXAMPLE, re.MULTILINE))


def test_nginx_gets_every_variable_of_its_template():
    template = (DEPLOY / "nginx/azuraforge.conf.template").read_text()
    named = set(re.findall(r"^[^#\n]*?\$\{(\w+)\}", template, re.MULTILINE))
    assert named == set(COMPOSE["services"]["nginx"]["environment"])


def test_files_that_the_image_and_the_services_use_exist():
    for line in (DEPLOY / "Containerfile").read_text().splitlines():
        if found := re.match(r"RUN make (\w+)", line):
            assert f"\n{found[1]}:" in (ROOT / "Makefile").read_text()
    for service in COMPOSE["services"].values():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert not source.startswith("./") or (DEPLOY / source).is_file(), source
    assert (ROOT / COMPOSE["services"]["api-1"]["build"]["dockerfile"]).is_file()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="this machine has no systemd")
def test_systemd_accepts_the_units(tmp_path):
    """The program that the units start is replaced, because ``verify`` looks for it."""
    for path in (*UNITS, DEPLOY / "systemd/azuraforge.target"):
        text = path.read_text().replace("/opt/azuraforge/bin/azuraforge", "/bin/true")
        (tmp_path / path.name.replace("@.", "@1.")).write_text(text)
    units = [str(each) for each in sorted(tmp_path.iterdir())]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, timeout=60)
    complaints = [line for line in done.stderr.splitlines() if "azuraforge" in line and "Failed to create" not in line]
    assert not complaints, done.stderr


def test_the_roles_are_what_the_platform_requires():
    """A cluster of its own, because the script names its roles."""
    import_tables()
    cluster = Cluster().start()
    try:
        environment = {
            **os.environ,
            "PATH": f"{binaries()}:{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(cluster.port),
            "PGDATABASE": "postgres",
            "AZURAFORGE_OWNER_PASSWORD": "it's a 'secret'",
            "AZURAFORGE_APP_PASSWORD": "another",
        }
        script = ["sh", str(DEPLOY / "postgres/roles.sh")]
        done = subprocess.run(script, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        place = f"127.0.0.1:{cluster.port}/azuraforge"
        owner, platform = (f"postgresql+psycopg://azuraforge_{name}@{place}" for name in ("owner", "app"))
        database = schema.open_database(platform, owner)  # upgrades, then checks roles and row-level security
        with database.read_system() as session:
            assert session.connection().dialect.name == "postgresql"
        database.close()
    finally:
        cluster.remove()
