"""HTCondor's ``condor_submit``, ``condor_q`` and ``condor_rm`` for tests, by its first argument.

There are no HTCondor daemons to install. Jobs run as processes of this machine; what a scheduler would decide, the
environment says: ``FAKE_CONDOR_SLOTS`` jobs run at a time, others are idle; with ``FAKE_CONDOR_HOLD`` they are held for that
reason; with ``FAKE_CONDOR_REFUSE`` submitting fails so. ``FAKE_CONDOR_DIR`` is where the queue is kept.
"""

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

IDLE, RUNNING, HELD = 1, 2, 5
GRACE_SECONDS = 3
HOME = Path(os.environ["FAKE_CONDOR_DIR"])


def unquoted(text):
    """Arguments in HTCondor's new syntax, as a list."""
    text = text[1:-1].replace('""', '"')
    pieces = re.findall(r"((?:'(?:[^']|'')*'|[^ '])+)", text)
    return [
        re.sub(r"'((?:[^']|'')*)'", lambda m: m[1].replace("''", "'"), piece) for piece in pieces
    ]


def described(path):
    """What a submit file says, names in lower case."""
    lines = (line.partition("=") for line in Path(path).read_text().splitlines() if "=" in line)
    return {name.strip().lower(): value.strip() for name, _, value in lines}


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def advanced(jobs):
    """Jobs without those that have ended, and as many of the idle ones started as there are slots."""
    jobs = [job for job in jobs if job["state"] != RUNNING or is_running(job["pid"])]
    for job in jobs:
        running = sum(one["state"] == RUNNING for one in jobs)
        if job["state"] == IDLE and running < int(os.environ.get("FAKE_CONDOR_SLOTS", "1000")):
            log = (HOME / f"{job['id']}.log").open("w")
            started = subprocess.Popen(
                [job["executable"], *job["arguments"]],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "_CONDOR_JOB_ID": f"{job['id']}.0"},
            )
            job.update(state=RUNNING, pid=started.pid)
    return jobs


def submit(jobs, arguments):
    if os.environ.get("FAKE_CONDOR_REFUSE"):
        sys.exit(os.environ["FAKE_CONDOR_REFUSE"])
    ad = described(arguments[-1])
    number = int(os.environ.get("FAKE_CONDOR_FIRST", "1")) + len(list(HOME.glob("*.known")))
    (HOME / f"{number}.known").touch()
    jobs.append(
        {
            "id": number,
            "state": HELD if os.environ.get("FAKE_CONDOR_HOLD") else IDLE,
            "executable": ad["executable"],
            "arguments": unquoted(ad["arguments"]),
            "name": ad["batch_name"],
            "cpus": ad.get("requestcpus", "1").replace("MY.DaskWorkerCores", _cores(ad)),
        }
    )
    print(f"Submitting job(s).\n1 job(s) submitted to cluster {number}.")
    return jobs


def _cores(ad):
    """What dask-jobqueue lets `RequestCpus` refer to."""
    return ad.get("my.daskworkercores") or ad.get("+daskworkercores") or "undefined"


def chosen(jobs, arguments):
    """Jobs that numbers, or a constraint on the batch name, mean."""
    if "-constraint" in arguments:
        pattern = re.search(r'regexp\("(.*)", JobBatchName\)', arguments[-1])[1]
        return [job for job in jobs if re.search(pattern, job["name"])]
    numbers = {argument.partition(".")[0] for argument in arguments}
    return [job for job in jobs if str(job["id"]) in numbers]


def query(jobs, arguments):
    if arguments[1:] == ["-af:,", "JobStatus", "RequestCpus"]:  # of a user, by name
        for job in jobs:
            print(f"{job['state']}, {job['cpus']}")
        return jobs
    ids = arguments[: arguments.index("-af:,")]
    for job in chosen(jobs, ids):
        reason = os.environ["FAKE_CONDOR_HOLD"] if job["state"] == HELD else "undefined"
        print(f"{job['id']}, {job['state']}, {reason}")
    return jobs


def end(group):
    """Ask a job's processes to end, and make them after a while, as HTCondor's starter does.

    The asking is not always enough: a worker of distributed 2023.11.0 whose scheduler died while it started stays.
    """
    os.killpg(group, signal.SIGTERM)
    grace = f"sleep {GRACE_SECONDS}; kill -s KILL -- -{group} 2>/dev/null"
    null = subprocess.DEVNULL
    # An environment of its own: tests look for what they have started by a mark in it.
    subprocess.Popen(
        ["/bin/sh", "-c", grace],
        stdin=null,
        stdout=null,
        stderr=null,
        start_new_session=True,
        env={},
    )


def remove(jobs, arguments):
    gone = chosen(jobs, arguments)
    if not gone:
        print("Couldn't find/remove all jobs", file=sys.stderr)
    for job in gone:
        if job["state"] == RUNNING:
            end(job["pid"])
    return [job for job in jobs if job not in gone]


def main():
    commands = {"condor_submit": submit, "condor_q": query, "condor_rm": remove}
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "queue.json").open("a+") as queue:
        fcntl.flock(queue, fcntl.LOCK_EX)
        queue.seek(0)
        jobs = json.loads(queue.read() or "[]")
        jobs = commands[sys.argv[1]](jobs, sys.argv[2:])
        jobs = advanced(jobs)
        queue.seek(0)
        queue.truncate()
        json.dump(jobs, queue)


if __name__ == "__main__":
    main()
