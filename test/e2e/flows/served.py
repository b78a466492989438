"""Serves a flow that is due every fifteen seconds (a run takes four of a core), and one that sleeps until it is cancelled."""
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
    time.sleep(900)


if __name__ == "__main__":
    serve(often.to_deployment(name="every-fifteen", interval=15), sleeper.to_deployment(name="on-demand"))
