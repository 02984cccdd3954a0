"""`make test` on machines that lack the programs its tests use."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHELL = shutil.which("sh") or "/bin/sh"


@pytest.fixture
def machine(tmp_path):
    """A machine with git and Python only: a function that runs need.sh there, and the folder of its programs."""
    programs = tmp_path / "bin"
    programs.mkdir()

    def program(name: str, does: str) -> None:
        (programs / name).write_text(f"#!{SHELL}\n{does}\n")
        (programs / name).chmod(0o755)

    program("git", "exit 0")
    program("python3", f'exec "{sys.executable}" "$@"')
    program("id", "echo 1000")
    # need.sh also looks where Debian keeps servers; what this machine has there is not on that one.
    script = (ROOT / "scripts" / "need.sh").read_text().replace(":/usr/sbin:/sbin", "")
    (tmp_path / "need.sh").write_text(script)

    def need(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SHELL, str(tmp_path / "need.sh"), *arguments],
            check=False,
            capture_output=True,
            text=True,
            env={"PATH": str(programs), "HOME": os.environ["HOME"]},
        )

    return need, program


def test_what_is_missing_is_named_in_one_line_to_copy(machine):
    need, _ = machine
    done = need("test")
    assert done.returncode == 1
    assert (
        "sudo apt-get install slurmctld slurmd slurm-client munge influxdb prometheus victoria-metrics"
        " chromium fonts-dejavu-core fontconfig\n" in done.stderr
    )


def test_checks_that_need_nothing_run_on_a_bare_machine(machine):
    need, _ = machine
    assert need("test", "style", "types").returncode == 0


def test_only_what_the_chosen_checks_need_is_asked_for(machine):
    need, _ = machine
    done = need("test", "ui")
    assert "apt-get install chromium fonts-dejavu-core fontconfig\n" in done.stderr


def test_root_gets_what_is_missing_installed(machine, tmp_path):
    need, program = machine
    program("id", "echo 0")
    program(
        "apt-get",
        f"""echo "$@" >> "{tmp_path}/asked"
case "$1" in install) for name in chromium fc-list; do
printf '#!{SHELL}\\necho DejaVu\\n' > "${{0%/*}}/$name"; {shutil.which("chmod")} 755 "${{0%/*}}/$name"; done;; esac""",
    )
    program("grep", f'exec {shutil.which("grep")} "$@"')
    done = need("test", "ui")
    assert done.returncode == 0, done.stderr
    update, install = (tmp_path / "asked").read_text().splitlines()
    assert update.startswith("update")
    assert install.endswith("chromium fonts-dejavu-core fontconfig")


def test_an_installation_that_fails_ends_with_the_line_to_copy(machine):
    need, program = machine
    program("id", "echo 0")
    program("apt-get", "exit 100")
    done = need("test", "ui")
    assert done.returncode == 1
    assert "sudo apt-get install chromium" in done.stderr


def test_a_sudo_that_asks_for_a_password_is_not_waited_for(machine):
    need, program = machine
    program("apt-get", "exit 0")
    program("sudo", "exit 1")
    done = need("test", "ui")
    assert done.returncode == 1
    assert "Installing" not in done.stdout
