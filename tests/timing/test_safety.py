"""Errors of hrlab's own never reach the user's call."""

from __future__ import annotations

import pytest

from hrlab.timing import safety


def broken(*args):
    raise LookupError("on purpose")


def test_what_a_hook_raises_is_told_and_swallowed():
    told = []
    unlisten = safety.listen(told.append)
    assert safety.never_raises(broken)(1) is None
    assert safety.attempt(broken, 2) is None
    unlisten()
    safety.attempt(broken)
    assert told == ["broken: LookupError: on purpose"] * 2


def test_interrupts_are_the_users():
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        safety.attempt(interrupted)


def test_listener_is_told_of_nothing_while_all_is_well():
    told = []
    unlisten = safety.listen(told.append)
    assert safety.attempt(max, 1, 2) == 2
    unlisten()
    assert told == []
