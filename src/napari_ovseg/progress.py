"""Long work is a generator that yields `Progress` and returns a value."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a step of the work has come: `done` of `total` units of `stage`."""

    stage: str
    done: int
    total: int

    @property
    def plain(self) -> Progress:
        """How far it is, without what else a step may tell."""
        return Progress(self.stage, self.done, self.total)


Steps = Generator[Progress, None, R]
"""Work in steps; between two of them it can be cancelled by closing it."""

Pauses = Generator[None, None, R]
"""Work inside of a step; it pauses where it can be cancelled, and returns a value."""

Stop = Callable[[], bool]
"""Asked now and then inside a long step; True ends the work with `Cancelled`."""


class Cancelled(Exception):  # noqa: N818  # not an error: it was asked for
    """The work was stopped in the middle of a step."""


class Loop(Generic[R]):
    """Steps for a ``for`` loop, and their value after it."""

    def __init__(self, steps: Steps[R]) -> None:
        self._steps = steps
        self.values: list[R] = []

    def __iter__(self) -> Iterator[Progress]:
        self.values.append((yield from self._steps))


def run(steps: Steps[R], watch: Callable[[Progress], None] | None = None) -> R:
    """Drive a generator to its end and return its value; `watch` sees every step."""
    loop = Loop(steps)
    for progress in loop:
        if watch is not None:
            watch(progress)
    return loop.values[0]


def mapped(steps: Steps[R], change: Callable[[Progress], Progress]) -> Steps[R]:
    """Let every step pass through a function."""
    loop = Loop(steps)
    for progress in loop:
        yield change(progress)
        del progress  # what it holds may be large
    return loop.values[0]


def counted_on(steps: Steps[R], stage: str, before: int, total: int) -> Steps[R]:
    """Let one part of a longer stage count from `before` to no more than `total`."""
    return mapped(
        steps,
        lambda p: replace(p, done=before + p.done, total=total) if p.stage == stage else p,
    )
