"""Prints what the server knows about the flow runs whose ids are given, or about those of a deployment: `read.py ID...`, `read.py --deployment NAME`."""
import asyncio
import json
import sys

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowRunFilter,
    FlowRunFilterId,
    LogFilter,
    LogFilterFlowRunId,
)


async def events_about(client, run) -> set[str]:
    body = {"limit": 50, "filter": {"any_resource": {"id": [f"prefect.flow-run.{run.id}"]}}}
    page = (await client._client.post("/events/filter", json=body)).json()
    names = {event["event"] for event in page["events"]}
    while page["next_page"]:
        page = (await client._client.get(page["next_page"])).json()
        names |= {event["event"] for event in page["events"]}
    return names


async def read(client, run) -> dict:
    summary = {
        "id": str(run.id),
        "name": run.name,
        "state": run.state.type.value,
        "message": run.state.message,
        "run_count": run.run_count,
        "auto_scheduled": run.auto_scheduled,
    }
    if run.state.is_scheduled():
        return {**summary, "states": [run.state.name], "task_runs": [], "logs": [], "events": []}
    task_runs = await client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id])), limit=200)
    states = await client.read_flow_run_states(run.id)
    logs = await client.read_logs(LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run.id])), limit=200)
    return {
        **summary,
        "states": [state.name for state in sorted(states, key=lambda state: state.timestamp)],
        "task_runs": sorted((t.name.rsplit("-", 1)[0], t.state.type.value if t.state else None, t.run_count) for t in task_runs),
        "logs": [log.message for log in logs],
        "events": sorted(await events_about(client, run)),
    }


async def main() -> None:
    async with get_client() as client:
        if sys.argv[1] == "--deployment":
            named = DeploymentFilter(name=DeploymentFilterName(any_=[sys.argv[2]]))
            runs = await client.read_flow_runs(deployment_filter=named, limit=200)
        else:
            runs = [await client.read_flow_run(run_id) for run_id in sys.argv[1:]]
        print(json.dumps([await read(client, run) for run in runs]))


asyncio.run(main())
