"""Makes automations as programs do: one by Automation, which it changes, and those of a deployment's triggers, whose deployment it applies
twice. Prints their ids."""
import json
from datetime import timedelta

from prefect import flow
from prefect.automations import Automation
from prefect.client.orchestration import get_client
from prefect.events import DeploymentCompoundTrigger, DeploymentEventTrigger
from prefect.events.actions import DoNothing
from prefect.events.schemas.automations import EventTrigger, Posture


@flow
def triggered(name: str = "Arthur") -> str:
    return name


def by_program() -> dict:
    watch = EventTrigger(
        match={"prefect.resource.id": "thing.*"},
        match_related={"prefect.resource.role": ["flow", "deployment"]},
        after={"thing.began"},
        expect={"thing.ended"},
        for_each={"prefect.resource.id"},
        posture=Posture.Proactive,
        threshold=1,
        within=timedelta(seconds=90),
    )
    made = Automation(name="by program", description="d", trigger=watch, actions=[DoNothing()]).create()
    made.name = "renamed"
    made.update()
    read = Automation.read(id=made.id)
    return {"id": str(read.id), "name": read.name, "within": read.trigger.within.total_seconds(), "enabled": read.enabled}


def by_deployment() -> dict:
    triggers = [
        DeploymentEventTrigger(name="on ping", expect={"thing.pinged"}, parameters={"name": "{{ event.resource.id }}"}),
        DeploymentCompoundTrigger(
            require="all",
            within=timedelta(seconds=30),
            triggers=[EventTrigger(expect={name}, posture=Posture.Reactive, threshold=1) for name in ("a", "b")],
        ),
    ]
    for _ in range(2):
        deployment_id = triggered.to_deployment("by-trigger", triggers=triggers).apply()
    with get_client(sync_client=True) as client:
        related = client._client.get(f"/automations/related-to/prefect.deployment.{deployment_id}").json()
    return {"deployment_id": str(deployment_id), "names": sorted(one["name"] for one in related)}


if __name__ == "__main__":
    print(json.dumps({"program": by_program(), "deployment": by_deployment()}))
