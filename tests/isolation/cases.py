"""One case for each route: how it is addressed with the ids of a project, and what it sends.

Texts contain ``{names}`` of ``World.ids``, so the same case speaks of the own project or of a foreign one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.isolation.asking import Form, Request

PREFIX = "/api/v1"
Ids = Mapping[str, str]
#: The status that the application declares for the route's success.
DECLARED = ()


@dataclass(frozen=True)
class Case:
    """How a route is called.

    Attributes:
        route: method and path, as the application declares them.
        address: the path with ``{names}`` of ids.
        control: status of the request with the caller's own ids; ``DECLARED`` for success.
        code: code of the error of a control that does not succeed.
        why: reason of a control that does not succeed; it must have nothing to do with access.
        place: name of the id of the own project in which the control is sent; empty for the filled one.
        taken: name of the id of the other project's row whose name the request may take for an own row.
        taken_status: status of the request that takes that name; ``DECLARED`` for success.
        foreign: status of the request with the ids of another project in its body.
        nothing: why the route answers a foreign id with success: it then shows and changes nothing.
        later: why names in the body are not looked up yet, so that foreign ones are accepted as text.
        own_name: whether the path names what the request makes, so that a foreign name is a new one (see ``taken``).
        ends: place among the controls that end what others need, which are sent last.
    """

    route: tuple[str, str]
    address: str
    body: object = None
    query: Mapping[str, Any] = field(default_factory=dict)
    control: tuple[int, ...] = DECLARED
    code: str = ""
    why: str = ""
    place: str = ""
    taken: str = ""
    taken_status: tuple[int, ...] = DECLARED
    foreign: tuple[int, ...] = (404,)
    nothing: str = ""
    later: str = ""
    own_name: bool = False
    ends: int = 0

    def request(self, ids: Ids, *, of_body: Ids | None = None) -> Request:
        """Return the request with these ids; ``of_body`` are the ids in body and query, if they are others."""
        inner = ids if of_body is None else of_body
        query = filled(self.query, inner)
        assert isinstance(query, dict)
        return Request(self.route[0], PREFIX + str(filled(self.address, ids)), query, filled(self.body, inner))


def filled(part: object, ids: Ids) -> Any:
    """Return a part of a request with ids in place of their names."""
    match part:
        case str() if part.startswith("{n:"):
            return int(ids[part[3:-1]])
        case str():
            for name, value in ids.items():
                part = part.replace("{" + name + "}", value)
            return part
        case dict():
            return {filled(name, ids): filled(value, ids) for name, value in part.items()}
        case list() | tuple():
            return [filled(each, ids) for each in part]
        case Form():
            files = {name: (filled(file, ids), content) for name, (file, content) in part.files.items()}
            return replace(part, fields=filled(dict(part.fields), ids), files=files)
    return part


#: Names of path parameters, by the noun of the route, and the id that stands for each.
_PARAMETERS: dict[str, dict[str, str]] = {
    "datasets": {"name": "dataset", "version": "dataset_version"},
    "models": {"name": "model", "version": "version", "number": "deployment", "alias": "champion"},
    "runs": {"run_id": "run", "name": "artifact", "name:path": "artifact"},
    "evaluations": {"run_id": "run"},
    "automations": {"automation": "automation"},
    "schedules": {"schedule": "schedule"},
    "studies": {"study": "study", "plugin": "forecasting.ridge"},
    "feeds": {"feed": "feed"},
    "learners": {"learner": "learner"},
    "secrets": {"name": "secret"},
    "tokens": {"token_id": "token"},
    "invitations": {"invitation_id": "invitation"},
    "members": {"person_id": "person"},
    "predictions": {"prediction_id": "prediction"},
    "notifications": {"target": "target", "notification": "notification"},
    "plugins": {"name": "forecasting.naive"},
    "sessions": {"session_id": "session"},
}
#: Parameters that name something that belongs to no project.
_FIXED = {"plugin": "forecasting.ridge", "alias": "champion"}


def _address(path: str) -> str:
    noun = path.split("/")[1]
    for parameter, name in _PARAMETERS.get(noun, {}).items():
        fixed = parameter in _FIXED or noun == "plugins"
        path = path.replace("{" + parameter + "}", name if fixed else "{=" + name + "}")
    return path.replace("{=", "{")


CASES: dict[tuple[str, str], Case] = {}


def case(method: str, path: str, body: object = None, **options: Any) -> None:
    address = options.pop("address", None) or _address(path)
    assert (method, path) not in CASES, path
    CASES[method, path] = Case((method, path), address, body, **options)


def gets(paths: Iterable[str]) -> None:
    for path in paths:
        case("GET", path)


ROWS = b"time,value\n" + b"".join(b"2021-02-%02d,%d\n" % (day, day * 3 % 11) for day in range(1, 29))
PLAN = b"time,plan,written\n" + b"".join(b"2020-01-%02d,4,2020-01-01\n" % day for day in range(9, 20))
IMAGE = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU\x00\x00\x00\nIDATx"
    b"\x9cc`\x00\x00\x00\x02\x00\x01H\xaf\xa4q\x00\x00\x00\x00IEND\xaeB`\x82"
)
_WHEN = {"on": "event", "type": "never.happens"}
AUTOMATION = {"name": "{new}", "when": _WHEN, "steps": [{"do": "roll_back", "model": "{model}"}]}
RUN = {"kind": "train", "plugin": "forecasting.naive", "dataset": "{dataset}", "model": "{model}"}
SCHEDULE = {"name": "{new}", "run": RUN, "cron": "0 3 1 1 *", "paused": True}
STUDY = {
    "name": "{new}", "plugin": "forecasting.lstm", "dataset": "{dataset}", "config": {"epochs": 1, "horizon": 1},
    "space": {"hidden_size": {"choices": [4]}}, "sampler": "grid", "budget": {"trials": 1}, "retrain": False,
}  # fmt: skip
FEED = {
    "name": "{new}", "columns": [{"name": "price"}], "source": "replay", "options": {"dataset": "{dataset}"},
}  # fmt: skip
FEED_ROW = {"at": "2020-02-01T00:00:00Z", "values": {"price": 5}}
LEARNER = {
    "name": "{new}", "feed": "{learned_feed}", "plugin": "online.linear.number", "inputs": ["price"],
    "target": {"column": "price", "kind": "change", "ahead_rows": 1},
}  # fmt: skip
TARGET = {"name": "{new}", "notifier": "webhook", "options": {"url": "http://127.0.0.1:9/hook"}}
_LATER = "the model is looked up in the automation's project when it fires"

#: Routes that need no more than an address.
_READS = """/automations /automations/measures /automations/{automation} /automations/{automation}/dry-run
/automations/{automation}/firings /datasets /datasets/{name} /datasets/{name}/rows /datasets/{name}/table
/datasets/{name}/profile /datasets/{name}/versions
/evaluations/{run_id} /invitations /loop /loop-demo /members /models /models/{name} /models/{name}/deployments
/models/{name}/history /models/{name}/lineage /models/{name}/loop /models/{name}/live-scores
/models/{name}/policies /models/{name}/policy /models/{name}/promotions /models/{name}/versions
/models/{name}/versions/{version} /models/{name}/versions/{version}/bundle /models/{name}/versions/{version}/card
/notifications /notifications/targets /notifications/targets/{target} /notifications/{notification} /people/me
/plugins /plugins/{name} /predictions/{prediction_id} /projects /projects/current /projects/policy
/projects/trash /runs /runs/{run_id} /runs/{run_id}/artifacts /runs/{run_id}/artifacts/{name:path}
/runs/{run_id}/log /runs/{run_id}/metrics /runs/{run_id}/previews/{name:path} /runs/{run_id}/report
/runs/{run_id}/series /schedules /schedules/{schedule} /schedules/{schedule}/fires
/secrets /sessions /sessions/current /studies /studies/spaces/{plugin} /studies/{study} /studies/{study}/importance
/studies/{study}/trials /feeds /feeds/{feed} /feeds/{feed}/rows /feeds/{feed}/chart
/learners /learners/{learner} /learners/{learner}/scores /learners/{learner}/hours /learners/{learner}/timeline
/learners/{learner}/answers
/task-kinds /tokens /models/{name}/drift /models/{name}/keep-fresh"""
gets(_READS.split())
case("GET", "/runs/{run_id}/figures/{name}", address="/runs/{run}/figures/{figure}")
case("GET", "/models/{name}/as-of", query={"at": "{now}"})
case("GET", "/datasets/{name}/images", control=(422,), code="not_images", why="the dataset is a table")
case("GET", "/comparisons", query={"run": ["{run}", "{second_run}"]})
case("GET", "/comparisons/pair", query={"a": "{run}", "b": "{second_run}"})
case("GET", "/predictions", query={"model": "{model}", "unserved": "true"})
case("GET", "/predictions/file", query={"prediction_id": "{prediction}"})
case("GET", "/events/history", query={"stream": "run/{run}"}, foreign=(200,), nothing="a stream without events")
case("GET", "/search", query={"q": "{run}"}, foreign=(200,), nothing="no item of the own project has this id")
case("GET", "/events", query={"stream": "run/{run}"}, foreign=(200,), nothing="a stream without events")
case("WS", "/events/live", query={"stream": "run/{run}"}, foreign=(101,), nothing="a stream without events")

case("POST", "/access-tokens", {"role": "viewer"})
case("POST", "/automations", AUTOMATION, later=_LATER, taken="automation")
case("POST", "/automations/dry-run", {"when": {"on": "event", "type": "run.failed"}})
case("PUT", "/automations/{automation}",
     {**AUTOMATION, "name": "{automation}", "revision": 1}, later=_LATER)  # fmt: skip
for verb in ("pause", "resume", "fire"):
    case("POST", f"/automations/{{automation}}/{verb}")
    if verb != "fire":
        case("POST", f"/schedules/{{schedule}}/{verb}")
case("POST", "/schedules/{schedule}/run")
case("POST", "/schedules/times", {"cron": "0 3 1 1 *"})
case("POST", "/schedules", SCHEDULE, taken="schedule")
case("PUT", "/schedules/{schedule}", {**SCHEDULE, "name": "{schedule}"})
case("POST", "/datasets", Form({"options": '{"time": "time", "target": "value", "name": "{new}"}'},
                               {"file": ("a.csv", ROWS)}), taken="dataset")  # fmt: skip
case("POST", "/datasets/preview", Form({"options": "{}"}, {"file": ("a.csv", ROWS)}))
case("GET", "/datasets/{name}/difference", query={"version": "{n:dataset_version}"}, control=(404,),
     why="the first version has no previous one", code="not_found")  # fmt: skip
case("POST", "/datasets/from-source", {"source": "bundled", "options": {"series": "co2"}, "name": "{new}"})
case("POST", "/datasets/{name}/available-after", {"columns": {"price": "6h"}})
case("POST", "/datasets/{name}/incumbent",
     Form({"options": '{"forecast": "plan", "made_at": "written"}'}, {"file": ("a.csv", PLAN)}))  # fmt: skip
case("POST", "/datasets/{name}/revisions", {"revisions": "accept"})
case(
    "POST",
    "/datasets/{name}/rows",
    {"rows": [{"time": "2020-01-29", "value": 5, "price": 2, "{mark}_column": 3.5}]},
    foreign=(422,),
)
case("POST", "/datasets/{name}/restore", ends=3)
case("POST", "/datasets/{name}/versions/{version}/restore", ends=2)
case("POST", "/invitations", {"role": "viewer"})
case("POST", "/invitations/lookup", {"invitation": "{no_invitation}"}, control=(404,), code="invitation_unknown",
     why="no such invitation")  # fmt: skip
case("POST", "/invitations/accept", {"invitation": "{no_invitation}"}, control=(401,), code="unauthorized",
     why="nobody is signed in")  # fmt: skip
case("POST", "/links", {})
case("POST", "/loop-demo", control=(409,), code="demo_not_offered", why="no loop runs in this process")
case("POST", "/loop-demo/cancel", control=(404,), code="not_found", why="no loop runs in this process")
case("POST", "/members/service-accounts", {"name": "{new}"})
case("PATCH", "/members/{person_id}", {"role": "viewer"}, address="/members/{reader}")
case("DELETE", "/members/{person_id}", address="/members/{reader}", ends=2)
case("POST", "/members/{person_id}/transfer", address="/members/{other_member}/transfer", ends=30)
case("POST", "/models/import", Form({"name": "{new}"}, {"file": ("a.zip", b"PK\5\6" + bytes(18))}), control=(422,),
     code="bundle_damaged", why="the bundle is empty")  # fmt: skip
case("POST", "/models/{name}/aliases/{alias}", {"version": "{n:version}", "reason": "a look"},
     address="/models/{model}/aliases/trial")  # fmt: skip
case("DELETE", "/models/{name}/aliases/{alias}", query={"reason": "enough"}, control=(409,), code="conflict",
     why="a champion cannot be removed")  # fmt: skip
case("POST", "/models/{name}/deployments",
     {"version": "{n:second_version}", "mode": "shadow", "reason": "a look"}, ends=2)  # fmt: skip
case("POST", "/models/{name}/deployments/{number}/end", {"reason": "enough"}, ends=1)
case("POST", "/models/{name}/drift")
case("POST", "/models/{name}/intended-use", {"intended_use": "tests"})
case("POST", "/models/{name}/keep-fresh", {})
case("DELETE", "/models/{name}/keep-fresh", ends=1)
case("POST", "/models/{name}/policies", {"reason": "none", "approvals": 1})
case("POST", "/models/{name}/predict", {})
case("POST", "/models/{name}/predict-image", Form({}, {"image": ("a.png", IMAGE)}), control=(422,),
     code="not_a_classifier", why="the model forecasts")  # fmt: skip
case("POST", "/models/{name}/promote", {"version": "{n:second_version}", "reason": "a look"}, ends=2)
case("POST", "/models/{name}/promotions/{number}/approve", {"reason": "no"}, control=(403,), code="own_promotion",
     address="/models/{model}/promotions/{promotion}/approve", why="another member must decide")  # fmt: skip
case("POST", "/models/{name}/promotions/{number}/decline", {"reason": "no"},
     address="/models/{model}/promotions/{promotion}/decline")  # fmt: skip
case("POST", "/models/{name}/restore", ends=5)
case("GET", "/models/{name}/rollback")
case("POST", "/models/{name}/rollback", {"reason": "back"}, control=(409,), code="conflict", why="no earlier version")
case("POST", "/models/{name}/versions/{version}/restore", ends=3)
case(
    "POST",
    "/models/{name}/what-if",
    {"scenarios": [{"name": "x", "changes": [{"column": "price", "add": 1}]}]},
    control=(422,),
    code="nothing_known_ahead",
    why="the model knows no column ahead",
)
case("POST", "/notifications/targets", TARGET, taken="target")
case("PUT", "/notifications/targets/{target}", {**TARGET, "name": "{target}"}, later="its body only renames the target")
case("POST", "/notifications/targets/{target}/silence", {"until": "2030-01-01T00:00:00Z"})
case("POST", "/notifications/targets/{target}/test")
case("POST", "/notifications/{notification}/acknowledge")
case("PATCH", "/people/me", {"name": "renamed-owner"})
case("PUT", "/people/me/password", {"password": "a long and rare sentence 7"}, ends=7)
case("POST", "/predictions/outcomes",
     {"outcomes": [{"prediction_id": "{prediction}", "at": "2020-01-29T00:00:00Z", "value": 1.0}]})  # fmt: skip
case("POST", "/projects", {"slug": "{new}", "name": "New"}, taken="slug", taken_status=(409,))
case("PATCH", "/projects/current", {"name": "Renamed"})
case("PUT", "/projects/policy", {"trash_days": 9})
case("POST", "/tokens", {"name": "another"})
case("POST", "/runs", RUN, ends=-1)  # first, so that a run that has not ended uses version 1 of the dataset
gets(["/runs/fields"])
case("GET", "/runs/groups", query={"field": "config.horizon"})
case("PATCH", "/runs/{run_id}", {"name": "renamed"})
case("POST", "/runs/dry-run", RUN)
case("POST", "/runs/bulk", {"action": "pin", "run_ids": ["{run}"]}, foreign=(200,),
     nothing="each foreign id has an error of its own, 404")  # fmt: skip
case("POST", "/runs/{run_id}/cancel", control=(409,), code="ended", why="the run has ended")
case("POST", "/runs/{run_id}/finish", {"state": "succeeded"}, address="/runs/{external}/finish", ends=2)
case("POST", "/runs/{run_id}/lease", address="/runs/{external}/lease")
case("POST", "/runs/{run_id}/metrics",
     {"points": {"loss": [[1, 0.5]]}}, address="/runs/{external}/metrics")  # fmt: skip
case("PUT", "/runs/{run_id}/artifacts/{name:path}", {"any": "content"},
     address="/runs/{external}/artifacts/notes.json")  # fmt: skip
case("PUT", "/runs/{run_id}/pin")
case("DELETE", "/runs/{run_id}/pin", ends=1)
case("POST", "/runs/{run_id}/resume", control=(409,), code="conflict", why="the run has succeeded")
case("POST", "/runs/{run_id}/restore", ends=5)
case("PUT", "/secrets/{name}", {"value": "another value"}, own_name=True, taken="secret")
case("POST", "/sessions", {"link": "{no_invitation}"}, control=(401,), code="unauthorized", why="the link is unknown")
case("POST", "/studies", STUDY, taken="study")
case("POST", "/feeds", FEED, taken="feed")
case("POST", "/feeds/{feed}/rows", {"rows": [FEED_ROW]})
case("POST", "/feeds/{feed}/cut", {"dataset": "{new}-cut"})
case("POST", "/feeds/{feed}/start", ends=1)
case("POST", "/feeds/{feed}/stop", ends=2)
case("POST", "/feeds/{feed}/close", ends=3)
case("DELETE", "/feeds/{feed}", ends=4)
case("POST", "/feeds/{feed}/restore", ends=5)
case("POST", "/learners", LEARNER, taken="learner")
case("POST", "/learners/{learner}/commands", {"action": "look"})
case("POST", "/learners/{learner}/copies", {"name": "{new}-copy"})
case("POST", "/learners/{learner}/start", ends=1)
case("POST", "/learners/{learner}/stop", ends=2)
case("DELETE", "/learners/{learner}", address="/learners/{idle_learner}", ends=4)
case("POST", "/learners/{learner}/restore", address="/learners/{idle_learner}/restore", ends=5)
for verb in ("pause", "resume", "stop"):
    case("POST", f"/studies/{{study}}/{verb}", ends=1 if verb == "stop" else 0)
case("POST", "/studies/{study}/retrain", {}, control=(409,), code="wrong_state", why="it has no result")
case("POST", "/studies/{study}/restore", ends=4)
for path, order in {
    "/automations/{automation}": 3, "/invitations/{invitation_id}": 1, "/notifications/targets/{target}": 4,
    "/schedules/{schedule}": 3, "/secrets/{name}": 3, "/tokens/{token_id}": 2, "/sessions/{session_id}": 6,
    "/runs/{run_id}": 6, "/projects/trash": 7, "/sessions": 8, "/sessions/current": 10,
}.items():  # fmt: skip
    case("DELETE", path, ends=order)
for path, why in {
    "/datasets/{name}": "a run uses it", "/datasets/{name}/versions/{version}": "a run uses it",
    "/models/{name}": "a run uses it", "/models/{name}/versions/{version}": "an alias points to it",
    "/studies/{study}": "it has not ended",
}.items():  # fmt: skip
    case("DELETE", path, control=(409,), code="conflict", why=why, ends=5)

# Administrators of the platform, who belong to neither project. Routes that the application lacks are not asked.
gets(["/platform/people", "/platform/projects", "/platform/settings"])
case("POST", "/platform/people", {"name": "{new}"})
case("PATCH", "/platform/people/{person_id}", {"disabled": False}, address="/platform/people/{other_member}")
case("POST", "/platform/people/{person_id}/link", address="/platform/people/{other_member}/link", control=(403,),
     code="account_in_use", why="a link would let the administrator into the person's projects")  # fmt: skip
case("PUT", "/platform/projects/{slug}/quota", {"members": 99}, address="/platform/projects/{slug}/quota")

# The life of a project: {spare} is an own project without work, {gone} and {doomed} are in the trash
case("GET", "/projects/deleted")
case("GET", "/projects/current/usage")
for verb, order in {"archive": 21, "unarchive": 22}.items():
    case("POST", f"/projects/current/{verb}", place="spare", ends=order)
case("DELETE", "/projects/current", query={"confirm": "{spare}"}, place="spare", foreign=(422,), ends=31)
case("POST", "/projects/{slug}/restore", address="/projects/{gone}/restore", ends=32)
case("DELETE", "/projects/{slug}/purge", address="/projects/{doomed}/purge", ends=33)
