"""What another interpreter has imported after some code."""

import subprocess
import sys


def modules_after(code: str) -> set[str]:
    """Packages and modules of the top level."""
    script = f"{code}\nimport sys; print(' '.join(m for m in sys.modules if '.' not in m))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=100
    )
    return set(done.stdout.splitlines()[-1].split())
