"""Name of the annotation that says which run a task belongs to: ``"<run id>:<number of the graph>"``.

`plugin.py` has its own copy, because it travels alone; a test holds the two together.
"""

TAG = "hrlab_run"
