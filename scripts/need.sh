#!/bin/sh
# Say clearly what is missing on this machine, and how to get it. Usage: need.sh python [PYTHON] | node | chromium | slurm
set -eu

fail() {
    printf '\nhrlab: %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '       %s\n' "$line" >&2; done
    exit 1
}

case "$1" in
python)
    python="${2:-python3}"
    command -v "$python" >/dev/null ||
        fail "$python is missing." "Debian: apt-get install python3 python3-venv. Another one: make PYTHON=/path/to/python3 ..."
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
        fail "$python is $("$python" -V 2>&1); hrlab needs Python 3.10 or newer." "Take another one: make PYTHON=python3.11 ..."
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "$python cannot make virtual environments." "Debian: apt-get install python3-venv"
    ;;
node)
    remedy="Install Node.js 20 or newer with npm (https://nodejs.org, or your distribution's package)."
    command -v node >/dev/null || fail "Node.js is missing; the front end is built with it." "$remedy"
    node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' ||
        fail "Node.js is $(node --version); building the front end needs 20 or newer." "$remedy"
    ;;
chromium)
    "${HRLAB_CHROMIUM:-chromium}" --version >/dev/null 2>&1 ||
        fail "Chromium is missing; the tests of the user interface press their buttons in it." \
            "Debian: apt-get install chromium fonts-dejavu-core. Another one: HRLAB_CHROMIUM=/path/to/chrome make test"
    ;;
slurm)
    PATH="$PATH:/usr/sbin"
    for program in slurmctld slurmd sbatch munged; do
        command -v "$program" >/dev/null ||
            fail "$program is missing; clusters in a batch system are tested with a real one." \
                "Debian: apt-get install slurmctld slurmd slurm-client munge"
    done
    ;;
esac
