"""A notebook that makes its own cluster is told by its source."""

from __future__ import annotations

import json

import pytest

from hrlab.campaigns.own_cluster import own_cluster


def notebook(*sources: str) -> str:
    cells = [{"cell_type": "markdown", "source": ["LocalCluster()"]}]
    cells += [{"cell_type": "code", "source": source} for source in sources]
    return json.dumps({"cells": cells})


@pytest.mark.parametrize(
    "source",
    [
        "client = Client(n_workers=4)",
        "from dask.distributed import Client\nclient = Client(processes=False)",
        "with LocalCluster() as cluster:\n    pass",
        "%%hrtime x\nclient = distributed.Client(distributed.LocalCluster())",
    ],
)
def test_cell_that_makes_its_own_cluster_is_named(source):
    found = own_cluster(notebook("import x", source))
    assert found is not None
    assert found.cell == 3
    said = found.refusal("folder/zee.ipynb")
    assert said.startswith("Cell 3 of zee.ipynb creates its own cluster: `")
    assert "Client()" in said


@pytest.mark.parametrize(
    "source",
    [
        "client = Client()",
        "client = hrlab.connect()",
        "client = Client(timeout=3)",
        "# LocalCluster()",
        "print('LocalCluster()')",
        'if MODE == "local":\n    client = Client(LocalCluster())',
        'client = Client() if "DASK_SCHEDULER_ADDRESS" in os.environ else Client(n_workers=2)',
        "def connect():\n    return Client(n_workers=4)",
        "this is no Python",
    ],
)
def test_what_may_use_the_cluster_of_its_point_is_not_refused(source):
    assert own_cluster(notebook(source)) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cells": [1]}', '{"cells": 5}'])
def test_what_is_no_notebook_says_nothing(text):
    assert own_cluster(text) is None
