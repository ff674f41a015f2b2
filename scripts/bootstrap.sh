#!/bin/sh
# Makes .venv and installs tamis into it, with all its extras.
# Needs Python >= 3.11 with venv and headers; says how to get what is missing, or gets it as root.
set -eu
cd "$(dirname "$0")/.."

python=""
for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
  [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 || continue
  if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "tamis needs Python 3.11 or newer. Install it, or name it: make PYTHON=/path/to/python3 ..." >&2
  exit 3
fi

# Debian splits venv (with pip) and Python.h off its Python.
missing=$("$python" - <<'PY'
import importlib.util, pathlib, sys, sysconfig
version = f"python{sys.version_info.major}.{sys.version_info.minor}"
if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
    print(f"{version}-venv")
if not (pathlib.Path(sysconfig.get_path("include")) / "Python.h").exists():
    print(f"{version}-dev")
PY
)
if [ -n "$missing" ]; then
  packages=$(echo "$missing" | tr '\n' ' ')
  if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $packages
  else
    echo "This Python lacks parts that tamis needs: $packages" >&2
    if command -v apt-get >/dev/null 2>&1; then
      echo "Run: sudo apt-get install -y $packages" >&2
    else
      echo "Install them with your system's package manager, then run make again." >&2
    fi
    exit 3
  fi
fi

[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[all]'
