"""Serves one flow under deployment limits of both kinds."""
import json
import time

from prefect import flow, serve
from prefect.client.schemas.objects import ConcurrencyLimitConfig


@flow
def exclusive(record: str) -> None:
    begin = time.time()
    time.sleep(4)
    with open(record, "a") as file:
        file.write(json.dumps([begin, time.time()]) + "\n")


if __name__ == "__main__":
    serve(
        *[
            exclusive.to_deployment(name=name, concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=strategy))
            for name, strategy in {"enqueues": "ENQUEUE", "cancels": "CANCEL_NEW"}.items()
        ]
    )
