"""Processes that share limits: `limits.py PROCESSES`. Prints when each use of each limit began and ended, in seconds."""
import json
import multiprocessing
import sys
import time

from prefect import flow, task
from prefect.concurrency.sync import concurrency, rate_limit

USES = 3
# A client of 3.3 whose task finds no slot for its tag waits ten seconds.
TAGGED = 2


def use(limit: str, uses, seconds: float = 0.3) -> None:
    begin = time.time()
    time.sleep(seconds)
    uses.append((limit, begin, time.time()))


@task(tags=["old-tag"])
def with_old_tag(uses) -> None:
    use("old-tag", uses)


@task(tags=["new-tag"])
def with_new_tag(uses) -> None:
    use("new-tag", uses)


@task
def with_contexts(uses) -> None:
    for _ in range(USES):
        with concurrency("printer", occupy=1):
            use("printer", uses)
        with concurrency(["printer", "stapler"], occupy=1):
            use("stapler", uses)
    for _ in range(USES):
        rate_limit("gate")
        use("gate", uses, 0)


@flow
def worker() -> list:
    uses = []
    futures = [with_contexts.submit(uses)]
    futures += [tagged.submit(uses) for tagged in (with_old_tag, with_new_tag) for _ in range(TAGGED)]
    for future in futures:
        future.result()
    return uses


def run(results) -> None:
    results.put(worker())


if __name__ == "__main__":
    # Forked before Prefect starts its threads: one import for all.
    processes = multiprocessing.get_context("fork")
    results = processes.Queue()
    children = [processes.Process(target=run, args=(results,)) for _ in range(int(sys.argv[1]))]
    for child in children:
        child.start()
    uses = [use for _ in children for use in results.get(timeout=240)]
    for child in children:
        child.join(20)
    print(json.dumps(uses))
