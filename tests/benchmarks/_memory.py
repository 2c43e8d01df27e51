"""Peak of memory, of a script in a process of its own (Linux)."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PROCESS = Path("/proc/self")


def peak_of(script: str, *arguments: str) -> float:
    """GiB that a script prints by `counted`."""
    command = [sys.executable, "-c", script, *arguments]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@contextmanager
def counted(*, whole: bool = False) -> Iterator[None]:
    """Print the peak within the block, GiB: over what was held before, or of the whole process."""
    before = 0.0 if whole else _gigabytes("VmRSS")
    (_PROCESS / "clear_refs").write_text("5")  # forget the peak so far
    yield
    print(_gigabytes("VmHWM") - before)


def _gigabytes(field: str) -> float:
    found = re.search(rf"{field}:\s+(\d+)", (_PROCESS / "status").read_text())
    assert found
    return int(found[1]) / 2**20
