"""Print a row for each benchmark: measured, limit, ratio, what was promised.

All of them, or those named: ``python -m tests.benchmarks bench_label bench_refine``.
"""

import os
import sys
import tempfile
from importlib import import_module

import torch

os.environ.setdefault("OVSEG_CACHE", tempfile.mkdtemp(prefix="ovseg-bench-"))
torch.set_num_threads(int(os.environ.get("OVSEG_BENCH_THREADS", "2")))

MODULES = (
    "bench_cat_seg", "bench_encode", "bench_export", "bench_label", "bench_live", "bench_methods", "bench_refine",
    "bench_start", "bench_window",
)  # fmt: skip

print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
print(f"{'what':<66} {'measured':>10} {'limit':>10} {'ratio':>7}  promised", flush=True)
failed = 0
for name in sys.argv[1:] or MODULES:
    for row in import_module(f"tests.benchmarks.{name}").rows():
        print(row, flush=True)
        failed += not row.kept
sys.exit(1 if failed else 0)
