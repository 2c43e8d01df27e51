"""Run every benchmark and print a row for each: measured, limit, ratio, what was promised."""

import os
import sys
import tempfile

import torch

os.environ.setdefault("OVSEG_CACHE", tempfile.mkdtemp(prefix="ovseg-bench-"))
torch.set_num_threads(int(os.environ.get("OVSEG_BENCH_THREADS", "2")))

from tests.benchmarks import (  # noqa: E402
    bench_encode,
    bench_label,
    bench_methods,
    bench_refine,
    bench_window,
)

print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
print(f"{'what':<66} {'measured':>10} {'limit':>10} {'ratio':>7}  promised")
failed = 0
for module in (bench_encode, bench_label, bench_methods, bench_refine, bench_window):
    for row in module.rows():
        print(row)
        failed += not row.kept
sys.exit(1 if failed else 0)
