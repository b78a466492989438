"""Makes what the pages of the interface show: a pool with deployments, runs in several states, blocks, variables, artifacts, limits and an
automation. Prints their ids as its last line. `interface.py talk NAME` is a run of this name that talks for minutes."""
import asyncio
import json
import sys
import time
from datetime import timedelta
from pathlib import Path

from hello import hello
from prefect import flow, get_client, get_run_logger, tags, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.automations import Automation
from prefect.blocks.system import Secret
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate, WorkPoolCreate
from prefect.context import get_run_context
from prefect.events.actions import DoNothing
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.exceptions import ObjectAlreadyExists
from prefect.runtime import flow_run
from prefect.runtime import flow_run, task_run
from prefect.variables import Variable

SECRET = "the door's very own word"


@task
def report(rows: list[dict]) -> dict:
    create_markdown_artifact("# Towels\n\nNever without.", key="towels")
    artifact = create_table_artifact(rows, key="guests", description="of the flow")
    return {"task_run": task_run.id, "artifact": str(artifact)}


@flow(log_prints=True)
def talk(lines: int = 3, pause: float = 0.5, guest: str = "Arthur") -> dict:
    """Says lines with a pause between them."""
    for number in range(lines):
        print(f"line {number} for {guest}")
        time.sleep(pause)
    return {"talked": flow_run.id, "flow": str(get_run_context().flow_run.flow_id), **report([{"name": guest, "towels": lines}])}


@flow
def breaks() -> None:
    get_run_logger().warning("about to break")
    raise ValueError("this flow breaks")


async def prepare() -> dict:
    async with get_client() as client:
        try:
            await client.create_work_pool(WorkPoolCreate(name="kitchen", type="process"))
        except ObjectAlreadyExists:
            pass
        ovens = await client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name="ovens", limit=4))
        heavy = await client.create_concurrency_limit(tag="heavy", concurrency_limit=7)
        return {"global_limit": str(ovens), "tag_limit": str(heavy)}


def deploy() -> dict:
    here = str(Path(__file__).parent)
    source = talk.from_source(here, "interface.py:talk")
    spoken = source.deploy(name="spoken", work_pool_name="kitchen", tags=["kitchen-work"], description="**Says** lines.")
    daily = source.deploy(name="daily", work_pool_name="kitchen", interval=timedelta(hours=6), parameters={"lines": 2})
    return {"spoken": str(spoken), "daily": str(daily)}


def run_flows() -> dict:
    with tags("green"):
        first = hello(20)
        talked = talk.with_options(flow_run_name="talked-1")(lines=2, pause=0)
    with tags("red"):
        broken = breaks.with_options(flow_run_name="broken-1")(return_state=True)
    return {
        "hello": first["flow_run_id"],
        "broken": str(broken.state_details.flow_run_id),
        **talked,
    }


def main() -> None:
    made = asyncio.run(prepare())
    block = Secret(value=SECRET)
    block.save("door", overwrite=True)
    Variable.set("answer", {"value": 42}, tags=["deep"], overwrite=True)
    trigger = EventTrigger(expect={"thing.happened"}, posture=Posture.Reactive, threshold=1)
    automation = Automation(name="watch", description="of things", trigger=trigger, actions=[DoNothing()]).create()
    made |= {"secret": SECRET, "block": str(block._block_document_id), "automation": str(automation.id)}
    print(json.dumps(made | deploy() | run_flows()))


if __name__ == "__main__":
    if sys.argv[1:2] == ["talk"]:
        talk.with_options(flow_run_name=sys.argv[2])(lines=1200)
    else:
        main()
