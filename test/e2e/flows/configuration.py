"""Uses blocks, variables and artifacts in flows: `configuration.py SECRET FOLDER`. Prints what it read as its last line."""
import json
import sys

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.blocks.system import Secret
from prefect.filesystems import LocalFileSystem
from prefect.runtime import flow_run
from prefect.variables import Variable

secret, folder = sys.argv[1:3]


@task
def report(rows: list[dict]) -> str:
    create_markdown_artifact("# Towels", key="towels")
    return str(create_table_artifact(rows, key="rows", description="of the flow"))


@flow
def uses() -> dict:
    loaded = Secret.load("door").get()
    artifact_id = report([{"name": "Arthur", "towels": 1}, {"name": "Ford", "towels": 2}])
    Variable.set("answer", {"value": 42}, tags=["deep"], overwrite=True)
    return {
        "flow_run_id": flow_run.id,
        "secret_is_loaded": loaded == secret,
        "artifact_id": artifact_id,
        "answer": Variable.get("answer"),
        "fallback": Variable.get("question", default="unknown"),
    }


@flow(persist_result=True)
def stored() -> dict:
    return {"kept": [1, 2, 3]}


if __name__ == "__main__":
    Secret(value=secret).save("door", overwrite=True)
    block = LocalFileSystem(basepath=folder)
    block.save("results", overwrite=True)
    Variable.set("answer", 41, overwrite=True)
    found = uses()
    state = stored.with_options(result_storage=LocalFileSystem.load("results"))(return_state=True)
    found["result"] = state.result()
    found["storage_block_id"] = str(getattr(state.data, "storage_block_id", None) or state.data.metadata.storage_block_id)
    found["block_id"] = str(LocalFileSystem.load("results")._block_document_id)
    print(json.dumps(found))
