"""Programs to be killed: copies of a process that has imported everything, so that each starts at once."""

import json
import subprocess
import sys
from contextlib import contextmanager

_LOOP = """
import json, os, sys, traceback
for line in sys.stdin:
    if os.fork() == 0:
        try:
            work(*json.loads(line))
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    print("dead" if os.WIFSIGNALED(os.wait()[1]) else "failed", flush=True)
"""


@contextmanager
def forking(script, *arguments):
    """A process that runs a script, which defines ``work``, and then waits for `begin`."""
    command = [sys.executable, "-c", script + _LOOP, *map(str, arguments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # fmt: skip
        yield process
        process.stdin.close()


def begin(process, *arguments):
    """Start ``work`` in a copy; the first line it says."""
    print(json.dumps(arguments), file=process.stdin, flush=True)
    return process.stdout.readline()


def last_words(process):
    """Wait until the copy has been killed; the lines it said after the first."""
    lines = []
    while (line := process.stdout.readline()) != "dead\n":
        assert line not in ("", "failed\n"), f"it ended by itself, after {lines}"
        lines.append(line.strip())
    return lines
