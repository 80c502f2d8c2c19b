#!/bin/sh
# Finds a Python to run the set-up with: the clone's own if it works, else the first one on PATH that is new enough.
cd "$(dirname -- "$0")/.." || exit 1
# Paths and messages are UTF-8 whatever the locale says: under LC_ALL=C Python takes a path with other letters for bytes.
export PYTHONUTF8=1
check='import sys; sys.exit(sys.version_info < (3, 11))'
for python in .venv/bin/python python3 python3.14 python3.13 python3.12 python3.11 python; do
    if command -v "$python" >/dev/null 2>&1 && "$python" -c "$check" 2>/dev/null; then
        exec "$python" -m toolchain.setup
    fi
done
echo "set-up failed: no Python 3.11 or newer on PATH (tried python3, python3.14 ... python3.11, python)." >&2
echo "Install one (Debian, Ubuntu: sudo apt-get install python3 python3-venv) and run again." >&2
exit 1
