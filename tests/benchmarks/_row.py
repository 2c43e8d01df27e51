"""A row of the table, and how times are taken."""

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """`ratio` is kept if it is at most, or at least, what was `promised`."""

    what: str
    measured: str
    limit: str
    ratio: float
    promised: float
    at_least: bool = False

    @property
    def kept(self) -> bool:
        return self.ratio >= self.promised if self.at_least else self.ratio <= self.promised

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        mark = "" if self.kept else "   NOT KEPT"
        return f"{self.what:<66} {self.measured:>10} {self.limit:>10} {self.ratio:7.2f}  {sign} {self.promised:g}{mark}"


def side_by_side(first, second, runs: int = 5) -> tuple[float, float]:
    """Seconds of two functions, called in turn after one warm-up each: the fastest of `runs`.

    Other programs only ever add time, and to one of the two more than to the other.
    """
    first(), second()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs):
        for function, spent in zip((first, second), times, strict=True):
            start = time.perf_counter()
            function()
            spent.append(time.perf_counter() - start)
    return min(times[0]), min(times[1])


def seconds(value: float) -> str:
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"
