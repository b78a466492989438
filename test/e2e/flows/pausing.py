"""Flows that pause, wait for input, are never resumed, or fail and run again, side by side. Prints their ids and what they returned."""
import asyncio
import json

from prefect import flow, get_client, task
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName
from prefect.flow_runs import pause_flow_run, resume_flow_run
from prefect.input import RunInput
from prefect.input.actions import filter_flow_run_input
from prefect.runtime import flow_run, task_run

ids: dict[str, str] = {}


class Order(RunInput):
    dish: str
    servings: int


@flow(flow_run_name="waits")
async def waits() -> str:
    ids["waits"] = flow_run.id
    await pause_flow_run(timeout=300, poll_interval=1)
    return "resumed"


@flow(flow_run_name="asks")
async def asks() -> str:
    ids["asks"] = flow_run.id
    order = await pause_flow_run(wait_for_input=Order, timeout=300, poll_interval=1)
    return f"{order.servings} times {order.dish}"


@flow(flow_run_name="is_forgotten")
async def is_forgotten() -> None:
    ids["is_forgotten"] = flow_run.id
    await pause_flow_run(timeout=3, poll_interval=1)


@task(retries=3, retry_delay_seconds=[1, 2, 1], retry_jitter_factor=0.5)
async def fourth_time_lucky() -> str:
    if task_run.run_count < 4:
        raise ValueError(f"task run {task_run.run_count} fails")
    return task_run.id


@flow(retries=2, retry_delay_seconds=2, flow_run_name="gets_well")
async def gets_well() -> str:
    ids["gets_well"] = flow_run.id
    if flow_run.run_count < 3:
        raise ValueError("not yet")
    ids["fourth_time_lucky"] = await fourth_time_lucky()
    return "well"


async def resume(name: str, *inputs: dict | None) -> list[str]:
    """Resumes a run as soon as it is paused, with one input after the other until one is taken; returns why others were not."""
    refusals = []
    async with get_client() as client:
        named = FlowRunFilter(name=FlowRunFilterName(any_=[name]))
        while True:
            runs = await client.read_flow_runs(flow_run_filter=named)
            if runs and runs[0].state.is_paused():
                break
            await asyncio.sleep(0.3)
        # The schema of the input is sent after the state.
        while inputs != (None,) and not await filter_flow_run_input("", flow_run_id=runs[0].id):
            await asyncio.sleep(0.3)
    for given in inputs:
        try:
            await resume_flow_run(runs[0].id, run_input=given)
            return refusals
        except RuntimeError as error:
            refusals.append(str(error))
    return refusals


async def main() -> None:
    outcomes = await asyncio.gather(
        waits(),
        asks(),
        is_forgotten(),
        gets_well(),
        resume("waits", None),
        resume("asks", None, {"dish": "steak", "servings": "many"}, {"dish": "steak", "servings": 2}),
        return_exceptions=True,
    )
    names = ["waits", "asks", "is_forgotten", "gets_well", "resume_waits", "resume_asks"]
    shown = [outcome if isinstance(outcome, (str, list)) else repr(outcome) for outcome in outcomes]
    print(json.dumps({"ids": ids, "outcomes": dict(zip(names, shown))}))


asyncio.run(main())
