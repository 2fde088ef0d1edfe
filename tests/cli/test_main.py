"""The program itself: light, never a traceback, exit codes that scripts can trust."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys

import pytest
import shellingham

from azuraforge.cli import main
from azuraforge.cli.main import run, take_everywhere

HEAVY = (
    "babel",
    "numpy",
    "polars",
    "fastapi",
    "starlette",
    "sqlalchemy",
    "sklearn",
    "statsmodels",
    "pydantic",
    "httpx",
)
COMMANDS = [
    "up", "demo", "link", "version", "datasets", "datasets add", "datasets list", "datasets show",
    "runs", "runs start", "runs list", "runs show", "runs watch", "runs cancel", "runs resume", "runs ship",
    "models", "models list", "models show", "models history", "models promote", "models rollback", "models predict",
    "plugins", "plugins list", "plugins show", "projects", "projects list", "projects create", "projects rename",
    "projects archive", "projects unarchive", "projects delete", "projects deleted", "projects restore",
    "projects purge",
    "invitations", "invitations create", "invitations list", "invitations revoke", "invitations accept",
    "members", "members list", "members set-role", "members remove", "members leave", "members transfer",
    "tokens", "tokens access", "tokens create", "tokens list", "tokens revoke",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch, tmp_path):
    for name in ("AZURAFORGE_URL", "AZURAFORGE_TOKEN", "AZURAFORGE_PROJECT", "AZURAFORGE_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AZURAFORGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AZURAFORGE_LANG", "en")


def test_help_imports_nothing_heavy():
    program = f"""
import sys
sys.argv = ["azuraforge", "--help"]
from azuraforge.cli.main import main
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
found = sorted({HEAVY!r} & {{name.partition(".")[0] for name in sys.modules}})
sys.exit(f"imported: {{found}}" if found else 0)
""".replace(repr(HEAVY), repr(set(HEAVY)))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Usage: azuraforge" in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command, capsys):
    assert run([*command.split(), "--help"]) == 0
    assert f"Usage: azuraforge {command}" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "rest", "options", "missing"),
    [
        (["runs", "list", "--lang", "tr"], ["runs", "list"], (None, None, None, "tr"), None),
        (["--home=/a", "up", "--port", "0"], ["up", "--port", "0"], ("/a", None, None, None), None),
        (["link", "--url", "http://x"], ["link"], (None, "http://x", None, None), None),
        (["--project", "sales", "runs", "list"], ["runs", "list"], (None, None, "sales", None), None),
        (["datasets", "add", "--", "--home"], ["datasets", "add", "--", "--home"], (None, None, None, None), None),
        (["up", "--home"], ["up"], (None, None, None, None), "--home"),
        (["up", "--home", "--demo"], ["up"], (None, None, None, None), "--home"),
    ],
)
def test_home_url_project_and_language_may_stand_anywhere(arguments, rest, options, missing):
    found, left, without = take_everywhere(arguments)
    assert ((found.home, found.url, found.project, found.lang), left, without) == (options, rest, missing)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["runz"], "runz"),
        (["runs", "show"], "Missing argument 'RUN'"),
        (["runs", "start", "x", "--seed", "many"], "'--seed'"),
        (["runs", "list", "--state", "asleep"], "asleep"),
        (["up", "--port", "70000"], "65535"),
        (["up", "--home"], "--home requires a value"),
        (["runs", "start", "x", "--set", "epochs"], "'epochs' is not key=value"),
        (["datasets", "add"], "give a file"),
        (["datasets", "add", "x.csv"], "--time COLUMN"),
        (["datasets", "add", "x.csv", "--source", "bundled"], "not both"),
        (["datasets", "add", "x.csv", "--time", "a", "--target", "b", "--option", "c=1"], "--option requires --source"),
        (["datasets", "add", "--source", "bundled", "--separator", ";"], "--separator applies to files"),
    ],
)
def test_wrong_usage_is_exit_code_two_and_one_sentence(arguments, said, capsys):
    assert run(arguments) == 2
    shown = capsys.readouterr()
    assert said.lower() in shown.err.lower()
    assert shown.out == ""
    assert "Traceback" not in shown.err


@pytest.mark.parametrize("name", ["prices.csv", "prices.csv.gz", "prices.parquet"])
def test_a_table_without_target_is_not_taken_for_images(name, capsys):
    assert run(["datasets", "add", name, "--time", "Date"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "add-images" not in said
    assert f"azuraforge datasets add {name} --time COLUMN --target COLUMN" in said


def test_an_archive_without_columns_may_be_images(tmp_path, capsys):
    for path in ("photos.zip", str(tmp_path)):
        assert run(["datasets", "add", path]) == 2
        assert "add-images" in capsys.readouterr().err


def test_bad_files_are_named_before_anything_starts(tmp_path, capsys):
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "cut.json").write_text("{")
    (tmp_path / "latin.csv").write_bytes(b"a,b\n\xe7,1\n")
    (tmp_path / "empty.csv").write_text("")
    add = ["--time", "a", "--target", "b"]
    start = ["runs", "start", "x", "--config"]
    for arguments, said in [
        (["datasets", "add", str(tmp_path / "none.csv"), *add], "does not exist"),
        (["datasets", "add", str(tmp_path), *add], "is a folder"),
        ([*start, str(tmp_path / "list.json")], "does not contain a JSON object"),
        ([*start, str(tmp_path / "cut.json")], "is not JSON"),
        (["models", "predict", "m", "--rows", str(tmp_path / "latin.csv")], "not UTF-8"),
        (["models", "predict", "m", "--rows", str(tmp_path / "empty.csv")], "does not contain rows"),
        (["models", "predict", "m", "--rows", str(tmp_path / "list.json")], "does not contain rows"),
    ]:
        assert run(arguments) == 1
        shown = capsys.readouterr()
        assert said in shown.err
        assert str(tmp_path) in shown.err
        assert "starting a temporary one" not in shown.err, "no platform for what can be seen at once"


def test_a_named_platform_that_does_not_answer(capsys):
    assert run(["runs", "list", "--url", "http://127.0.0.1:9"]) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("no platform answers at http://127.0.0.1:9.")
    assert "Next: start the platform with `azuraforge up`" in shown


def test_a_link_needs_a_running_platform(capsys):
    assert run(["link", "--lang", "tr"]) == 1
    shown = capsys.readouterr().err
    assert "çalışan bir platform yok" in shown
    assert "Sıradaki adım: azuraforge up" in shown


def test_up_is_for_this_machine(capsys):
    assert run(["up", "--url", "http://example.com"]) == 1
    assert "works on this machine's data home" in capsys.readouterr().err


def test_wrong_settings_are_named(monkeypatch, capsys):
    monkeypatch.setenv("AZURAFORGE_RUNS__CONCURRENCY", "none")
    assert run(["up"]) == 1
    shown = capsys.readouterr().err
    assert "runs.concurrency" in shown
    assert "Traceback" not in shown


def test_a_broken_settings_file_is_named(monkeypatch, tmp_path, capsys):
    home = tmp_path / "home"
    home.mkdir()
    (home / "azuraforge.toml").write_text("[server\n")
    assert run(["up"]) == 1
    shown = capsys.readouterr().err
    assert "settings are invalid" in shown
    assert "azuraforge.toml" in shown


def test_a_bug_of_ours_is_one_sentence_too(monkeypatch, capsys):
    def broken(*_arguments, **_options):
        raise ZeroDivisionError("division\nby zero")

    monkeypatch.setattr(main, "_parser", lambda _language: broken)
    assert run(["version", "--json"]) == 1
    shown = capsys.readouterr().err
    assert "ZeroDivisionError: division by zero" in shown
    assert "AZURAFORGE_DEBUG=1" in shown
    assert "Traceback" not in shown
    monkeypatch.setenv("AZURAFORGE_DEBUG", "1")
    assert run(["version", "--json"]) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "usage"), [([], "Usage: "), (["runs"], "Usage: "), (["--lang", "tr"], "Kullanım: ")]
)
def test_no_command_shows_the_help_and_no_error(arguments, usage, capsys):
    assert run(arguments) == 2
    shown = capsys.readouterr()
    assert f"{usage}azuraforge" in shown.out
    assert shown.err == ""


@pytest.mark.parametrize("value", ["de", "trk", "english"])
def test_an_unknown_language_is_refused_wherever_it_is_named(value, capsys, monkeypatch):
    assert run(["runs", "list", "--lang", value]) == 2
    assert f"--lang {value}: this language is not supported" in capsys.readouterr().err
    monkeypatch.setenv("AZURAFORGE_LANG", value)
    assert run(["version"]) == 2
    shown = capsys.readouterr()
    assert f"AZURAFORGE_LANG={value}: this language is not supported" in shown.err
    assert "choose en or tr" in shown.err
    assert shown.out == ""


def test_the_version_option_prints_what_the_command_prints(capsys):
    assert run(["--version"]) == 0
    option = capsys.readouterr().out
    assert run(["version"]) == 0
    assert option == capsys.readouterr().out != ""


@pytest.mark.parametrize(("typed", "completed"), [("azuraforge stu", "studies"), ("azuraforge runs comp", "compare")])
def test_a_shell_completes_commands(typed, completed):
    words = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1), "_AZURAFORGE_COMPLETE": "complete_bash"}
    command = [sys.executable, "-m", "azuraforge.cli.main"]
    done = subprocess.run(command, env={**os.environ, **words}, capture_output=True, text=True)
    assert (done.stdout.split(), done.stderr) == ([completed], "")


@pytest.mark.parametrize("words", [["--show-completion", "zsh"], ["--show-completion=zsh"]])
def test_the_script_of_the_named_shell_is_printed_whatever_started_the_command(words, capsys, monkeypatch):
    monkeypatch.setattr(shellingham, "detect_shell", lambda: ("bash", "/bin/bash"))
    assert run(words) == 0
    printed = capsys.readouterr()
    assert "_AZURAFORGE_COMPLETE=complete_zsh" in printed.out
    assert printed.err == ""


def test_completion_is_that_of_the_shell_that_starts_the_command():
    command = [sys.executable, "-m", "azuraforge.cli.main", "--show-completion"]
    shell = f"{shlex.join(command)}; exit $?"  # a second command: else bash becomes the first
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "_AZURAFORGE_COMPLETE=complete_bash" in done.stdout


def test_without_a_shell_completion_asks_for_its_name(capsys, monkeypatch):
    def nothing():
        raise shellingham.ShellDetectionFailure

    monkeypatch.setattr(shellingham, "detect_shell", nothing)
    assert run(["--show-completion"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "the current shell could not be detected" in printed.err
    assert "azuraforge --show-completion bash (or zsh, fish, powershell, pwsh)" in " ".join(printed.err.split())
    assert run(["--show-completion", "tcsh", "--lang", "tr"]) == 2
    assert "komut tamamlama, tcsh kabuğunu desteklemiyor" in capsys.readouterr().err


def test_completion_is_installed_for_the_named_shell(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run(["--install-completion", "fish"]) == 0
    script = tmp_path / ".config/fish/completions/azuraforge.fish"
    assert "_AZURAFORGE_COMPLETE=complete_fish" in script.read_text()
    assert "completion for fish is installed in" in capsys.readouterr().err


def test_version_as_json(capsys):
    assert run(["version", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"azuraforge", "python"}


def test_a_reader_that_leaves_early_is_no_error():
    """`azuraforge … | head -0` must end quietly."""
    command = [sys.executable, "-m", "azuraforge.cli.main", "version"]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert done.returncode == 1
    assert done.stderr == ""
