"""Executes a notebook with nbclient, as Jupyter's own tools do: run_notebook.py NOTEBOOK OUTPUT KERNEL."""

import json
import pathlib
import sys

import nbclient
import nbformat


def main():
    source, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    notebook = nbformat.read(source, as_version=4)
    nbformat.validate(notebook)
    client = nbclient.NotebookClient(
        notebook,
        kernel_name=sys.argv[3],
        timeout=300,
        startup_timeout=120,
        resources={"metadata": {"path": str(source.parent)}},
    )
    failure = None
    try:
        client.execute()
    except nbclient.exceptions.CellExecutionError as error:
        failure = str(error)
    nbformat.write(notebook, output)
    print(json.dumps({"failure": failure}))


if __name__ == "__main__":
    main()
