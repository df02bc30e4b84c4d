"""Runs the program as a user would and looks at what it left behind."""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

NUDGE = os.environ["NUDGE"]
SOURCE = pathlib.Path(os.environ["NUDGE_SOURCE"])
CHAIN = pathlib.Path(os.environ["NUDGE_E2E"]) / "chain"  # made by chain.py, read by the others
VENV_PYTHON = SOURCE / ".deps" / "venv" / "bin" / "python"
SHARED_DATA = SOURCE.parent / "shared" / "data"


def nudge(*arguments, code=0, stdin=None, timeout=240, env=None):
    """Runs one command, expects an exit code (None: any), returns the finished process (stdout and stderr as text)."""
    done = subprocess.run(
        [NUDGE, *map(str, arguments)],
        input=stdin if stdin is not None else "",
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, **(env or {})},
    )
    if code is not None and done.returncode != code:
        raise AssertionError(
            f"nudge {' '.join(map(str, arguments))}\nexit code {done.returncode}, expected {code}\n{done.stdout}\n{done.stderr}"
        )
    return done


def fresh(name):
    """An empty folder of this test."""
    folder = CHAIN.parent / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def contents(folder):
    """Relative path -> bytes of every file."""
    folder = pathlib.Path(folder)
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def venv_python(script, *arguments):
    """Runs a script in the test environment and returns its standard output."""
    done = subprocess.run([VENV_PYTHON, script, *map(str, arguments)], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise AssertionError(f"{script} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def main():
    unittest.main(argv=sys.argv[:1], verbosity=2)


def skip_all(reason):
    """Ends the whole test program as skipped."""
    print("skipped:", reason)
    sys.exit(77)
