#!/bin/sh
# Checks that this machine has what a command needs; says what is missing, and how to get it.
# Usage: need.sh python [PYTHON] | node | chromium | slurm
#        need.sh test [CHECK ...]   what `make test` needs; Debian packages are installed if this user may do that
set -eu

# Debian keeps the servers that tests start (Slurm's, munge's) where only root's PATH has them.
PATH="$PATH:/usr/sbin:/sbin"

fail() {
    printf '\nhrlab: %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '       %s\n' "$line" >&2; done
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

has_slurm() { has slurmctld && has slurmd && has sbatch && has munged; }

has_chromium() { "${HRLAB_CHROMIUM:-chromium}" --version >/dev/null 2>&1; }

has_fonts() { has fc-list && fc-list 2>/dev/null | grep -qi dejavu; }

# The Debian packages that the chosen checks need and this machine lacks, on one line.
missing_packages() {
    has git || printf ' git'
    # An interpreter of the caller's own (make PYTHON=...) is checked by `need.sh python`.
    if [ "${PYTHON:-python3}" = python3 ]; then
        has python3 || printf ' python3'
        python3 -c 'import ensurepip, venv' 2>/dev/null || printf ' python3-venv'
    fi
    services=false browser=false
    [ $# -gt 0 ] || services=true browser=true
    for check in "$@"; do
        case "$check" in
        python | clusters | oldest-kernel) services=true ;;
        ui | oldest-lab | other-extensions) browser=true ;;
        esac
    done
    if $services; then
        has_slurm || printf ' slurmctld slurmd slurm-client munge'
        has influxd || printf ' influxdb'
        has prometheus || printf ' prometheus'
        has victoria-metrics || printf ' victoria-metrics'
    fi
    if $browser; then
        has_chromium || printf ' chromium'
        has_fonts || printf ' fonts-dejavu-core fontconfig'
    fi
    # Ends a function that must not fail on its last test.
    return 0
}

# Runs a command as root: directly, or by a sudo that asks for no password.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_install() {
    has apt-get || return 1
    [ "$(id -u)" -eq 0 ] || { has sudo && sudo -n true 2>/dev/null; }
}

install_packages() {
    export DEBIAN_FRONTEND=noninteractive
    printf 'Installing Debian packages that the tests need: %s\n' "$*"
    as_root apt-get update -qq </dev/null &&
        as_root apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null || return 1
    # Debian starts the servers that it installs; tests start their own.
    for server in influxdb prometheus victoria-metrics; do
        case " $* " in *" $server "*) as_root service "$server" stop >/dev/null 2>&1 || true ;; esac
    done
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
    has_chromium ||
        fail "Chromium is missing; the tests of the user interface press their buttons in it." \
            "Debian: apt-get install chromium fonts-dejavu-core. Another one: HRLAB_CHROMIUM=/path/to/chrome make test"
    ;;
slurm)
    has_slurm ||
        fail "Slurm is missing; clusters in a batch system are tested with a real one." \
            "Debian: apt-get install slurmctld slurmd slurm-client munge"
    ;;
test)
    shift
    missing="$(missing_packages "$@")"
    [ -n "$missing" ] || exit 0
    # shellcheck disable=SC2086 # one word a package
    if may_install && install_packages $missing; then
        missing="$(missing_packages "$@")"
        [ -n "$missing" ] || exit 0
    fi
    fail "The tests need programs that this machine does not have. Install them, then run make test again:" \
        "sudo apt-get install$missing" \
        "Or run the checks that need none of them: make test ONLY=\"style types layers front-style front\"" \
        "A Chromium that is not on the PATH: HRLAB_CHROMIUM=/path/to/chrome make test"
    ;;
*)
    fail "need.sh knows python, node, chromium, slurm and test, not $1."
    ;;
esac
