"""Facts about this process that come from its environment."""

from __future__ import annotations

import pytest

from hrlab.timing import environment


@pytest.mark.parametrize(
    ("session", "root", "path"),
    [
        ("/home/alice/analysis/zee.ipynb", "/home/alice", "analysis/zee.ipynb"),
        ("/home/alice/analysis/zee.ipynb", "/", "home/alice/analysis/zee.ipynb"),
        ("/home/alice/zee.ipynb", "/srv/notebooks", "zee.ipynb"),
        ("/home/alice/zee.ipynb", None, "zee.ipynb"),
        ("/home/alice/console-1-6f1c", "/home/alice", None),
        (None, "/home/alice", None),
    ],
)
def test_the_notebook_is_named_as_the_browser_knows_it(session, root, path, monkeypatch):
    for name, value in (("JPY_SESSION_NAME", session), (environment.ROOT_VARIABLE, root)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)

    assert environment.notebook() == path
