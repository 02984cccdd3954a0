"""Batch systems on this machine: a real Slurm, and HTCondor's commands without its daemons."""

from __future__ import annotations

import contextlib
import getpass
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHIM = Path(__file__).parent / "shims" / "condor.py"
WRAPPER = """#!/bin/sh
exec {python} {shim} {name} "$@"
"""
CPUS = 2

SLURM_CONF = """
ClusterName=hrlab
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={home}/munge.socket
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation={home}/state
SlurmdSpoolDir={home}/spool
SlurmctldPidFile={home}/slurmctld.pid
SlurmdPidFile={home}/slurmd.pid
SlurmctldLogFile={home}/slurmctld.log
SlurmdLogFile={home}/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1
KillWait=2
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=8000 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def free_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


@contextlib.contextmanager
def slurm():
    """A Slurm of one node with `CPUS` processors, on loopback; gives the path of its configuration."""
    home = Path(tempfile.mkdtemp(prefix="hrlab-slurm-"))
    host, ports = socket.gethostname().partition(".")[0], (free_port(), free_port())
    conf = home / "slurm.conf"
    conf.write_text(
        SLURM_CONF.format(host=host, ports=ports, home=home, user=getpass.getuser(), cpus=CPUS)
    )
    for name in ("state", "spool"):
        (home / name).mkdir()
    key = home / "munge.key"
    key.write_bytes(secrets.token_bytes(128))
    key.chmod(0o600)
    places = [f"--{name}-file={home}/munge.{name}" for name in ("key", "pid", "log", "seed")]
    path = f"{os.environ['PATH']}{os.pathsep}/usr/sbin"
    environment = {**os.environ, "SLURM_CONF": str(conf), "PATH": path}
    daemons = [
        ["munged", "--foreground", "--force", f"--socket={home}/munge.socket", *places],
        ["slurmctld", "-D", "-f", str(conf)],
        ["slurmd", "-D", "-f", str(conf), "-N", host],
    ]
    started = []
    try:
        for command in daemons:
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            program = shutil.which(command[0], path=path)
            started.append(subprocess.Popen([program, *command[1:]], env=environment, **quiet))
            if command[0] == "munged":
                wait_for((home / "munge.socket").exists)
        wait_for(lambda: "idle" in said("sinfo", "--noheader", "--format=%T", env=environment))
        yield conf
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()
        shutil.rmtree(home, ignore_errors=True)


def said(*command, env=None):
    """What a command prints."""
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=env, timeout=30
    ).stdout


def jobs(form):
    """What ``squeue`` says of every job."""
    return said("squeue", "--noheader", f"--format={form}").split()


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "a daemon does not start"
        time.sleep(0.05)


def condor(folder):
    """The environment in which HTCondor's commands are found, with an empty queue."""
    programs = folder / "condor-bin"
    programs.mkdir()
    for name in ("condor_submit", "condor_q", "condor_rm"):
        # A wrapper rather than a link: the shim is to run in the tests' own Python.
        program = programs / name
        program.write_text(WRAPPER.format(python=sys.executable, shim=SHIM, name=name))
        program.chmod(0o755)
    return {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "FAKE_CONDOR_DIR": str(folder / "condor"),
    }
