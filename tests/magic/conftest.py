from __future__ import annotations

import signal

import pytest

from tests.magic.shells import Shell


@pytest.fixture
def shell():
    # As a kernel has it: whoever started these tests, or a package, may have SIGINT ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    made = Shell()
    yield made
    made.close()
    signal.signal(signal.SIGINT, before)
