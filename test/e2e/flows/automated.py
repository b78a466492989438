"""Serves a flow whose end starts another one by a trigger of its deployment, and one that does not end."""
import time

from prefect import flow, serve
from prefect.events import DeploymentEventTrigger


@flow
def first() -> int:
    return 1


@flow
def second(who: str) -> str:
    return who


@flow
def endless() -> None:
    time.sleep(300)


if __name__ == "__main__":
    serve(
        first.to_deployment(name="first"),
        second.to_deployment(
            name="second",
            triggers=[
                DeploymentEventTrigger(
                    expect={"prefect.flow-run.Completed"},
                    match_related={"prefect.resource.role": "deployment", "prefect.resource.name": "first"},
                    parameters={"who": "{{ event.resource.name }}"},
                )
            ],
        ),
        endless.to_deployment(name="endless"),
    )
