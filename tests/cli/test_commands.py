"""The real program on a real platform, as a person would use it."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from azuraforge.client import Client
from azuraforge.client.http.address import AddressBook

AGENT = """
import time
from pydantic import BaseModel, Field
from azuraforge.errors import InvalidInput
from azuraforge.plugins import Agent

class Counter(Agent):
    name = "counter"
    title = {"en": "Counter", "tr": "Sayaç"}
    summary = {"en": "Counts.", "tr": "Sayar."}

    class Request(BaseModel):
        upto: int = Field(default=3, ge=1, le=100000, description="where to stop")
        pause_seconds: float = 0.0
        unlucky: int | None = None

    def execute(self, request):
        for step in range(1, request.upto + 1):
            if step == request.unlucky:
                raise InvalidInput(f"{step} brings bad luck", where="unlucky", next_step="choose another number")
            self.context.log(step, loss=1 / step)
            self.context.progress(step, request.upto, f"at {step}")
            time.sleep(request.pause_seconds)
        self.context.note("counted **well**")
        return {"counted": request.upto}
"""
SLOW = ("--set", "upto=100000", "--set", "pause_seconds=0.01")


def install_agent(platform) -> None:
    (platform.home / "plugins").mkdir(parents=True, exist_ok=True)
    (platform.home / "plugins" / "counter.py").write_text(AGENT)


@pytest.fixture(scope="module")
def plugin_files() -> dict[str, str]:
    """An agent that counts."""
    return {"counter.py": AGENT}


@pytest.fixture(scope="module")
def counting(platform):
    """The running platform, with an agent that counts."""
    return platform


def started(platform, *arguments: str) -> str:
    return platform.json("runs", "start", "counter", *arguments)["id"]


def wait_for_state(platform, run_id: str, state: str) -> None:
    until = time.monotonic() + 120
    while platform.api(f"/runs/{run_id}")["state"] != state:
        assert time.monotonic() < until, f"run {run_id} did not become {state}"
        time.sleep(0.02)


def refused(platform, *arguments: str) -> str:
    done = platform.run(*arguments, check=False)
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    return done.stderr


def test_a_file_is_added_listed_and_shown(counting, tmp_path):
    file = tmp_path / "weather.csv"
    rows = [f"2026-01-{day:02};{day % 7},5;x" for day in range(31, 0, -1)]
    file.write_text("when;temperature;station\n" + "\n".join(rows) + "\n")
    columns = ("--time", "when", "--target", "temperature")
    said = counting.run("datasets", "add", str(file), *columns, "--unit", "°C").stdout
    assert "Dataset weather v1 added: 31 rows." in said
    assert "temperature (°C)" in said
    assert "2026-01-01 – 2026-01-31" in said
    assert "! " in said, "the unsorted rows are told"
    again = counting.run("datasets", "add", str(file), *columns, "--unit", "°C", "--lang", "tr").stdout
    assert "weather v1 veri kümesi zaten bu içeriğe sahip: 31 satır." in again
    assert "weather" in counting.run("datasets", "list").stdout
    shown = counting.json("datasets", "show", "weather")
    assert (shown["rows"], shown["dataset_schema"]["target"]) == (31, "temperature")
    assert "no column 'humidity'" in refused(
        counting, "datasets", "add", str(file), "--time", "when", "--target", "humidity"
    )
    assert "does not exist" in refused(counting, "datasets", "show", "nothing")


def test_a_run_waited_for(counting):
    done = counting.run_process("runs", "start", "counter", "--set", "upto=50", "--wait")
    assert "is queued." in done.stdout
    assert "succeeded after" in done.stdout
    assert '"counted": 50' in done.stdout
    assert "counter · running" in done.stderr
    assert "counted **well**" in done.stderr


def test_a_run_waited_for_as_json_is_json_alone(counting):
    done = counting.run("runs", "start", "counter", "--wait", "--json")
    told = json.loads(done.stdout)
    assert (told["state"], told["evaluation"], told["kind"]) == ("succeeded", None, "agent")


def test_a_failed_run_is_exit_code_one_and_its_own_words(counting):
    done = counting.run_process("runs", "start", "counter", "--set", "unlucky=2", "--wait", check=False)
    assert done.returncode == 1
    assert "2 brings bad luck (unlucky)." in done.stderr
    assert "Next: choose another number" in done.stderr
    assert "Traceback" not in done.stderr
    as_json = counting.run("runs", "start", "counter", "--set", "unlucky=2", "--wait", "--json", check=False)
    assert as_json.returncode == 1
    assert json.loads(as_json.stdout)["error"]["message"] == "2 brings bad luck"


def test_what_cannot_start_says_why(counting):
    assert "upto" in refused(counting, "runs", "start", "counter", "--set", "upto=0")
    assert "no_such_plugin" in refused(counting, "runs", "start", "no_such_plugin")
    assert "does not exist" in refused(counting, "runs", "watch", "aaaaaaaaaaaaaaaa")


def test_start_show_list_cancel_resume(counting):
    run_id = started(counting, *SLOW, "--name", "long counting", "--seed", "5")
    wait_for_state(counting, run_id, "running")
    listed = counting.run("runs", "list", "--state", "running").stdout
    assert run_id in listed
    assert "long counting" in listed
    query = (
        "runs",
        "list",
        "--state",
        "running",
        "--sort",
        "metrics.loss.max",
        "--filter",
        "metrics.loss <= 1",
        "--columns",
        "metrics.loss.max, config.upto",
    )
    deadline = time.monotonic() + 120
    while run_id not in (by_loss := counting.run(*query)).stdout:  # it runs before its first point is stored
        assert time.monotonic() < deadline, by_loss.stdout
    assert "metrics.loss.max" in by_loss.stdout
    assert "Next" in refused(counting, "runs", "list", "--filter", "state =")
    counting.run("runs", "change", run_id, "--tag", "slow", "--name", "renamed", "--note", "because")
    assert "renamed" in counting.run("runs", "list", "--filter", "tag = slow").stdout
    counting.run("runs", "change", run_id, "--untag", "slow")
    shown = counting.run("runs", "show", run_id, "--lang", "tr").stdout
    assert "çalışıyor" in shown
    assert f"/p/default/runs/{run_id}" in shown
    said = counting.run("runs", "cancel", run_id).stdout
    assert "being cancelled" in said or "is cancelled" in said  # the child may have stopped before the answer
    wait_for_state(counting, run_id, "cancelled")
    assert "is queued again" in counting.run("runs", "resume", run_id).stdout
    wait_for_state(counting, run_id, "running")
    counting.run("runs", "cancel", run_id)
    wait_for_state(counting, run_id, "cancelled")
    watched = counting.run("runs", "watch", run_id, check=False)
    assert watched.returncode == 1
    assert "cancelled after" in watched.stdout


def test_the_first_six_characters_of_an_id_are_enough(counting):
    with Client(home=counting.home) as client:
        run_id, other = (client.runs.wait(client.runs.start("counter").id).id for _ in range(2))
        short = run_id[:6]
        assert counting.json("runs", "show", short)["id"] == run_id
        assert f"run '{short[:5]}' does not exist" in refused(counting, "runs", "show", short[:5])
        assert [event.type for event in client.runs.watch(short)][-1] == "run.finished"
        assert (client.runs.wait(short).id, "loss" in client.runs.metrics(short)) == (run_id, True)
        assert client.runs.evaluation(short) is None
        assert run_id.encode() in client.runs.report(short, "md")
        assert [each.run.id for each in client.runs.compare([short, other[:6]]).runs] == [run_id, other]
        needing = client.runs.get(client.runs.start("counter", depends_on=[short]).id)
        assert [each.id for each in needing.depends_on] == [run_id]
        assert client.runs.pin(short).pinned
        client.runs.unpin(short)
        client.runs.wait(needing.id)
        client.runs.delete(short)
        assert client.runs.get(run_id).deleted_at is not None
        assert client.runs.restore(short).deleted_at is None
        schedule = client.schedules.create("short ids", {"plugin": "counter"}, every=1, unit="days", paused=True)
        assert client.schedules.get(schedule.id[:6]).name == "short ids"
        client.schedules.delete(schedule.id[:6])
        token = client.tokens.create("short ids")
        client.tokens.revoke(token.id[:6])
        assert token.id not in {each.id for each in client.tokens.list()}


def test_ctrl_c_leaves_the_run_alone(counting):
    run_id = started(counting, *SLOW)
    wait_for_state(counting, run_id, "running")
    watching = subprocess.Popen(
        [sys.executable, "-m", "azuraforge.cli.main", "runs", "watch", run_id],
        env={**counting.variables, "AZURAFORGE_LANG": "en"},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    said = watching.stderr.readline()
    assert "running" in said
    watching.send_signal(signal.SIGINT)
    out, err = watching.communicate(timeout=120)
    assert watching.returncode == 130
    assert f"azuraforge runs cancel {run_id}" in err
    assert "Traceback" not in out + err
    assert counting.json("runs", "show", run_id)["state"] == "running"
    counting.run("runs", "cancel", run_id)


def test_in_a_terminal_there_is_a_live_display(counting):
    """A real pseudo-terminal: bar, rate, time left, live loss; cleared before the result."""
    command = [sys.executable, "-m", "azuraforge.cli.main", "runs", "start", "counter", "--wait"]
    controller, terminal = pty.openpty()
    done = subprocess.Popen(
        [*command, "--set", "upto=150", "--set", "pause_seconds=0.02"],
        env={**counting.variables, "AZURAFORGE_LANG": "en", "TERM": "xterm-256color", "COLUMNS": "120"},
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    shown = b""
    try:
        while chunk := os.read(controller, 65536):
            shown += chunk
    except OSError:  # Linux's way to say that the other end is closed
        pass
    os.close(controller)
    assert done.wait(120) == 0
    text = shown.decode()
    assert "━" in text
    assert "/150" in text
    assert "/s" in text
    assert " left" in text
    assert "▁" in text
    assert "\x1b[2K" in text, "the display is cleared"
    assert text.index("succeeded after") > text.rindex("\x1b[2K"), "the result stands below"


def test_models_that_are_not_there(counting):
    assert "No models yet" in counting.run("models", "list").stdout
    for command in (["show", "m"], ["history", "m"], ["predict", "m"], ["rollback", "m"]):
        assert "does not exist" in refused(counting, "models", *command) or "no model" in refused(
            counting, "models", *command
        )


def test_plugins_with_a_broken_one(counting):
    listed = counting.run("plugins", "list").stdout
    assert "counter" in listed
    shown = counting.run("plugins", "show", "counter", "--lang", "tr").stdout
    assert "Sayaç – Sayar." in shown
    assert "1…100000" in shown
    assert "where to stop" in shown


def test_a_token_lets_one_in_from_elsewhere_until_it_is_revoked(counting, tmp_path):
    made = counting.json("tokens", "create", "elsewhere", "--role", "viewer", "--days", "1")
    assert made["id"] in counting.run("tokens", "list").stdout
    command = [sys.executable, "-m", "azuraforge.cli.main", "runs", "list", "--url", counting.url, "--lang", "en"]
    environment = {**os.environ, "AZURAFORGE_HOME": str(tmp_path), "AZURAFORGE_TOKEN": made["token"]}
    assert subprocess.run(command, env=environment, capture_output=True).returncode == 0
    short = subprocess.run(
        [*command[:3], "tokens", "access", "--url", counting.url, "--lang", "en"],
        env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert "role viewer" in short.stderr, short.stderr
    jwt = {**environment, "AZURAFORGE_TOKEN": short.stdout.strip()}
    assert subprocess.run(command, env=jwt, capture_output=True).returncode == 0
    assert "revoked" in counting.run("tokens", "revoke", made["id"]).stdout
    assert subprocess.run(command, env=jwt, capture_output=True).returncode == 1
    outside = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert outside.returncode == 1
    assert "Next: " in outside.stderr


def test_a_link_opens_a_page_once(counting):
    told = counting.json("link", "--next", "/p/default/runs")
    assert told["url"].startswith(f"{counting.url}/sign-in#link=")
    assert "next=" in told["url"]


def log_a_run(platform) -> None:
    program = "import azuraforge\nwith azuraforge.Client().run('away') as run: run.log(loss=1.0)"
    subprocess.run([sys.executable, "-c", program], env=platform.variables, check=True, capture_output=True)


def test_journals_are_shipped(counting, make_platform):
    alone = make_platform()
    log_a_run(alone)
    assert "away: all data has been sent to the platform" in alone.run("runs", "ship").stdout
    assert list((alone.home / "journal").iterdir()) == []
    assert "No journals are waiting to be sent." in counting.run("runs", "ship").stdout


def test_a_platform_that_starts_brings_waiting_journals_itself(make_platform):
    alone = make_platform()
    log_a_run(alone)
    alone.start()
    until = time.monotonic() + 120
    while list((alone.home / "journal").iterdir()):
        assert time.monotonic() < until, "the journal stayed"
        time.sleep(0.05)
    (run,) = alone.json("runs", "list")
    alone.stop()
    assert (run["name"], run["state"]) == ("away", "succeeded")


def test_without_a_platform_commands_bring_their_own_and_share_it(make_platform):
    alone = make_platform()
    install_agent(alone)
    done = alone.run("runs", "start", "counter", "--set", "upto=20", "--set", "pause_seconds=0.1", "--detach")
    assert "starting a temporary one for this command" in done.stderr
    assert "the run waits" in done.stderr
    assert AddressBook.of(None, None, alone.home).announced_url() is None, "it ended with the command"
    run_id = done.stdout.split()[1]
    watched = alone.run("runs", "watch", run_id)
    assert "succeeded" in watched.stdout
    # Commands at the same time share one temporary platform.
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda _: alone.run_process("runs", "list", "--json", check=False), range(3)))
    assert [each.returncode for each in done] == [0, 0, 0], [each.stderr for each in done]
    for each in done:
        assert [run["id"] for run in json.loads(each.stdout)] == [run_id]


def test_a_run_that_needs_another_waits_and_falls_with_it(counting):
    first = started(counting, *SLOW)
    limits = ("--time-limit-seconds", "600", "--memory-limit-bytes", "2000000000", "--priority", "7")
    second = started(counting, "--depends-on", first, *limits)
    third = started(counting, "--depends-on", first, "--on-failure", "run", "--set", "upto=1")
    shown = counting.run("runs", "show", second).stdout
    assert "waiting for 1 required run" in shown
    assert "depends on" in shown
    assert f"{first} (" in shown
    assert "10:00 per attempt, 2.0 GB of memory" in shown
    assert second in counting.run("runs", "show", first).stdout
    turkish = counting.run("--lang", "tr", "runs", "show", second, check=False).stdout
    counting.run("runs", "cancel", first)
    wait_for_state(counting, third, "succeeded")
    fallen = counting.run("runs", "show", second, check=False)
    assert "cancelled" in fallen.stdout
    assert f"the run depends on run {first}" in fallen.stderr
    assert "bağımlı olduğu" in turkish


def test_projects_are_listed_and_named(counting):
    only = {"slug": "default", "name": "Default", "role": "owner", "archived": False}
    assert counting.json("projects", "list") == [only]
    assert "owner" in counting.run("projects", "list").stdout
    named = counting.run("--project", "default", "runs", "list", "--json")
    assert named.stdout == counting.run("runs", "list", "--json").stdout
    refused = counting.run("runs", "list", "--project", "elsewhere", check=False)
    assert refused.returncode == 1
    assert "project 'elsewhere' does not exist, or you are not one of its members" in refused.stderr
    assert "azuraforge projects list" in refused.stderr


def test_a_project_is_created_and_renamed(make_platform):
    platform = make_platform().start()
    made = platform.json("projects", "create", "sales", "--name", "Sales 2026")
    assert made == {"slug": "sales", "name": "Sales 2026", "role": "owner", "archived": False}
    assert "now called Sales" in platform.run("--project", "sales", "projects", "rename", "Sales").stdout
    assert [each["name"] for each in platform.json("projects", "list")] == ["Default", "Sales"]
    assert "archived" in platform.run("--project", "sales", "projects", "archive").stdout
    assert [each["archived"] for each in platform.json("projects", "list")] == [False, True]
    refused = platform.run("--project", "sales", "projects", "rename", "Other", check=False)
    assert (refused.returncode, "projects unarchive" in refused.stderr) == (1, True)
    assert platform.json("--project", "sales", "projects", "unarchive")["archived"] is False
    refused = platform.run("projects", "delete", "sales", check=False)
    assert (refused.returncode, "--yes" in refused.stderr) == (2, True)
    assert "projects restore sales" in platform.run("projects", "delete", "sales", "--yes").stdout
    assert [each["slug"] for each in platform.json("projects", "deleted")] == ["sales"]
    assert "sales" in platform.run("projects", "deleted").stdout
    assert "restored" in platform.run("projects", "restore", "sales").stdout
    platform.run("projects", "delete", "sales", "--yes")
    assert platform.json("projects", "purge", "sales", "--yes")["rows"] > 2
    assert platform.json("projects", "deleted") == []
    refused = platform.run("projects", "delete", "default", "--yes", check=False)
    assert (refused.returncode, "archive it instead" in refused.stderr) == (1, True)
    platform.run("projects", "create", "sales")
    refused = platform.run("projects", "create", "default", check=False)
    assert (refused.returncode, "is not available" in refused.stderr) == (1, True)
    refused = platform.run("runs", "list", check=False)
    assert "--project NAME …, or set AZURAFORGE_PROJECT" in refused.stderr


def test_members_are_listed_and_the_only_owner_stays(counting):
    (owner,) = counting.json("members", "list")
    assert (owner["name"], owner["role"], owner["own"]) == ("owner", "owner", True)
    assert "owner (you)" in counting.run("members", "list").stdout
    for arguments in (["leave"], ["set-role", "owner", "admin"], ["remove", owner["id"]]):
        refused = counting.run("members", *arguments, check=False)
        assert refused.returncode == 1
        assert "only owner" in refused.stderr, arguments
    unknown = counting.run("members", "remove", "nobody", check=False)
    assert "no member 'nobody'" in unknown.stderr
    assert "yours already" in counting.run("members", "transfer", "owner", check=False).stderr
