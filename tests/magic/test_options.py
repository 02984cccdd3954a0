from __future__ import annotations

import re
from pathlib import Path

import pytest

from hrlab.magic.help import help_text
from hrlab.magic.options import COMMANDS, OPTIONS, parse, parse_command, shown_command
from hrlab.model.errors import UsageError
from hrlab.timing.request import Request

REFERENCE = Path(__file__).parents[2] / "docs" / "magics.md"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", Request()),
        ("Zee", Request(name="Zee")),
        ("Zee 100 variations", Request(name="Zee 100 variations")),
        ("'Zee 100'", Request(name="Zee 100")),
        ("--quiet Zee", Request(name="Zee", quiet=True)),
        ("Zee --quiet 100", Request(name="Zee 100", quiet=True)),
        ("--events 5 Zee", Request(name="Zee", workload={"events": 5.0})),
        ("--events 1e6", Request(workload={"events": 1e6})),
        ("--events 1_000", Request(workload={"events": 1000.0})),
        ("--bytes=10", Request(workload={"bytes": 10.0})),
        ("--workload a=1 --workload b=2.5", Request(workload={"a": 1.0, "b": 2.5})),
        ("--workload events=1 --events 2", Request(workload={"events": 2.0})),
        ("--label site=cern --label k=", Request(labels={"site": "cern", "k": ""})),
        ('--label "two words=a b=c"', Request(labels={"two words": "a b=c"})),
        ('--note "warm, 8 workers"', Request(note="warm, 8 workers")),
        ('--note="-5 %"', Request(note="-5 %")),
        ("--approach local", Request(approach="local")),
        ("don\\'t", Request(name="don't")),
        ("# 5", Request(name="# 5")),
    ],
)
def test_words_say_what_is_asked(line, expected):
    assert parse(line) == expected


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--evnts 5", "has no option --evnts: did you mean --events?"),
        ("--lable a=b", "has no option --lable: did you mean --label?"),
        ("--quit", "did you mean --quiet?"),
        ("--zzz", "has no option --zzz."),
        ("--event 5", "did you mean --events?"),
        (
            "--approach locla",
            "not one of serial, processes, local, distributed, did you mean local?",
        ),
        ("--events many", "--events: 'many' is not a number"),
        ("--events nan", "is not an amount"),
        ("--events -5", "is not an amount"),
        ("--events", "--events: expected one argument"),
        ("--label a", "'a' does not have the form name=value"),
        ("--label =a", "does not have the form name=value"),
        ("--workload a=b", "'b' is not a number"),
        ("don't", "unclosed quotation mark in `don't`"),
    ],
)
def test_wrong_words_are_named_with_the_remedy(line, message):
    with pytest.raises(UsageError) as caught:
        parse(line)
    assert message in caught.value.message


def test_a_wrong_option_lists_all_options():
    with pytest.raises(UsageError) as caught:
        parse("--evnts 5")
    assert all(option.shown in caught.value.message for option in OPTIONS)


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_are_known(name):
    assert parse_command(f"{name} ") == (name, "")


def test_start_takes_a_name_and_options():
    assert parse_command("start  Zee --events 5") == ("start", "Zee --events 5")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("lst", "has no command 'lst': did you mean `%hrtime list`?"),
        ("", "needs a command. Commands: on, off, start, stop, last, list."),
        ("fit(x)", "To time a cell, put `%%hrtime` at its top."),
        ("stop now", "`%hrtime stop` takes no arguments, but was given `now`"),
    ],
)
def test_wrong_commands_are_named_with_the_remedy(line, message):
    with pytest.raises(UsageError) as caught:
        parse_command(line)
    assert message in caught.value.message


def test_help_has_every_option_and_command():
    text = help_text()
    for option in OPTIONS:
        assert option.shown in text
        assert option.help in text
    for name, meaning in COMMANDS.items():
        assert re.search(rf"{re.escape(shown_command(name))} +{re.escape(meaning)}", text)
    assert max(map(len, text.splitlines())) <= 125


def test_the_reference_has_every_option_and_command_as_the_code_has_them():
    rows = set(re.findall(r"^\| (.+?) \| (.+?) \|$", REFERENCE.read_text("utf-8"), re.MULTILINE))
    options = {(f"`{option.shown}`".replace("|", "\\|"), option.help) for option in OPTIONS}
    commands = {(f"`{shown_command(name)}`", text) for name, text in COMMANDS.items()}
    assert options | commands <= rows
