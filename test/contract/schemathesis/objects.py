"""Puts objects that are there into half of the generated requests: random ids lead to 404 and 409, and not to what an operation does.

The tool loads this file by SCHEMATHESIS_HOOKS. Each object is made right before its request, since others delete what they find.
"""
from __future__ import annotations

import json
import os
import urllib.request
import uuid
import zlib
from functools import cache

import schemathesis

URL = os.environ["MILLIWAYS_ASKED_URL"]


def post(path: str, body: dict) -> dict:
    request = urllib.request.Request(URL + path, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or "null")


def name() -> str:
    return f"asked-{uuid.uuid4()}"


def flow():
    return post("/flows/", {"name": name()})


def flow_run():
    state = {"type": "PENDING", "name": "Pending"}
    return post("/flow_runs/", {"flow_id": flow()["id"], "name": name(), "state": state})


def task_run():
    state = {"type": "PENDING", "name": "Pending"}
    return post("/task_runs/", {"flow_run_id": flow_run()["id"], "task_key": "t", "dynamic_key": name(), "state": state})


def pool():
    return post("/work_pools/", {"name": name(), "type": "process"})


def deployment():
    schedules = [{"schedule": {"interval": 3600}}]
    body = {"name": name(), "flow_id": flow()["id"], "work_pool_name": pool()["name"], "schedules": schedules}
    return post("/deployments/", body)


def limit():
    return post("/v2/concurrency_limits/", {"name": name(), "limit": 2})


def tag_limit():
    return post("/concurrency_limits/", {"tag": name(), "concurrency_limit": 2})


def lease():
    return post("/v2/concurrency_limits/increment-with-lease", {"names": [limit()["name"]], "slots": 1, "lease_duration": 60})


def automation():
    return post("/automations/", {"name": name(), "trigger": {"posture": "Reactive"}, "actions": [], "enabled": False})


def by_id(made: dict) -> dict:
    return {"id": made["id"]}


def of_deployment() -> dict:
    made = deployment()
    return {"id": made["id"], "schedule_id": made["schedules"][0]["id"]}


def flow_run_input() -> dict:
    id = flow_run()["id"]
    request = {"key": "asked", "value": "1"}
    post(f"/flow_runs/{id}/input", request)
    return {"id": id, "key": "asked"}


# By the beginning of the path, the longest first.
PARAMETERS = {
    "/flow_runs/{id}/input/{key}": flow_run_input,
    "/flow_run_states/{id}": lambda: {"id": flow_run()["state"]["id"]},
    "/task_run_states/{id}": lambda: {"id": task_run()["state"]["id"]},
    "/flow_runs/{id}": lambda: by_id(flow_run()),
    "/task_runs/{id}": lambda: by_id(task_run()),
    "/flows/{id}": lambda: by_id(flow()),
    "/flows/name/{name}": lambda: {"name": flow()["name"]},
    "/deployments/{id}": of_deployment,
    "/automations/{id}": lambda: by_id(automation()),
    "/work_queues/{id}": lambda: {"id": pool()["default_queue_id"]},
    "/work_pools/{name}": lambda: {"name": pool()["name"]},
    "/work_pools/{work_pool_name}": lambda: {"work_pool_name": pool()["name"], "name": "default"},
    "/concurrency_limits/{id}": lambda: by_id(tag_limit()),
    "/concurrency_limits/tag/{tag}": lambda: {"tag": tag_limit()["tag"]},
    "/v2/concurrency_limits/{id_or_name}": lambda: {"id_or_name": limit()["name"]},
    "/v2/concurrency_limits/leases/{lease_id}": lambda: {"lease_id": lease()["lease_id"]},
}
MEMBERS = {
    "flow_id": lambda: flow()["id"],
    "flow_run_id": lambda: flow_run()["id"],
    "deployment_id": lambda: deployment()["id"],
    "work_pool_name": lambda: pool()["name"],
    "deployment_ids": lambda: [deployment()["id"]],
    "lease_id": lambda: lease()["lease_id"],
}


@cache
def maker_of(path: str):
    return next((make for start, make in PARAMETERS.items() if path.startswith(start)), None)


@schemathesis.hook
def before_call(context, case, kwargs):
    if zlib.crc32(repr((case.path_parameters, case.body)).encode()) % 2:
        return
    make = maker_of(case.operation.path)
    if make is not None and case.path_parameters:
        case.path_parameters.update({key: value for key, value in make().items() if key in case.path_parameters})
    if isinstance(case.body, dict):
        for key, make_member in MEMBERS.items():
            if isinstance(case.body.get(key), (str, list)):
                case.body[key] = make_member()
        if "names" in case.body and case.operation.path.startswith("/v2/"):
            case.body["names"] = [limit()["name"]]
