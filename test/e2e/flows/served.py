"""Serves a flow that is due every five seconds, and one that sleeps until it is cancelled."""
import time

from prefect import flow, serve, task


@task
def work() -> int:
    return 1


@flow
def often() -> int:
    return work()


@flow
def sleeper() -> None:
    time.sleep(300)


if __name__ == "__main__":
    serve(often.to_deployment(name="every-five", interval=5), sleeper.to_deployment(name="on-demand"))
