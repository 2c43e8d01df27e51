"""One run at a time on a thread of its own, with progress, an estimate and cancel."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from napari.qt.threading import GeneratorWorker, create_worker
from qtpy.QtCore import QTimer

from napari_ovseg.progress import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_ovseg.progress import Progress, Steps

R = TypeVar("R")


class Runner(Generic[R]):
    """Runs a generator and reports on the thread of the window.

    Attributes
    ----------
    on_progress
        Called with `Progress` and the seconds still to go, or None while unknown.
    on_done, on_error
        Called with the result, or with the exception.
    on_end
        Called last in every case, cancelled or not.
    closed
        Whether the window is gone: then nothing is called any more.
    """

    def __init__(
        self,
        on_progress: Callable[[Progress, float | None], None],
        on_done: Callable[[R], None],
        on_error: Callable[[Exception], None],
        on_end: Callable[[], None],
    ) -> None:
        self._on_progress = on_progress
        self._on_done, self._on_error, self._on_end = on_done, on_error, on_end
        self._worker: GeneratorWorker[Any, Any, Any] | None = None
        self._stage, self._since = "", 0.0
        self._results: list[R] = []
        self._steps: Steps[R] | None = None
        # From a timer's turn of the loop: after a signal's the window would draw in the same turn.
        self._delivery = QTimer()
        self._delivery.setSingleShot(True)
        self._delivery.setInterval(10)
        self._delivery.timeout.connect(self._deliver)
        self.closed = False

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._worker is not None

    def start(self, steps: Callable[..., Steps[R]], *job: Any) -> None:
        """Start ``steps(*job, stop)``, a generator function; the last run must have ended.

        ``stop()`` tells it inside of a long step that `cancel` was asked for.
        """
        if self._worker is not None:
            raise ValueError("a run is under way")
        made = self._steps = steps(*job, self._stopped)

        def drive() -> Steps[R]:
            return (yield from made)

        worker = create_worker(
            drive,
            _start_thread=False,
            _connect={
                "errored": self._errored,
                "yielded": self._yielded,
                "returned": self._returned,
            },
        )
        worker.finished.connect(self._ended)
        self._worker = worker
        worker.start()

    def cancel(self) -> None:
        """Ask the run to stop at its next step; it has no result then."""
        if self._worker is not None:
            self._worker.quit()

    def close(self, _window: object = None) -> None:
        """Stop for good; to be called when the window is destroyed."""
        self.closed = True
        self.cancel()

    def _yielded(self, progress: Progress) -> None:
        if self.closed or self._worker is None or self._worker.abort_requested:
            return
        if progress.stage != self._stage:
            self._stage, self._since = progress.stage, time.monotonic()
        self._on_progress(progress, self._estimate(progress))

    def _estimate(self, progress: Progress) -> float | None:
        spent = time.monotonic() - self._since
        if progress.done == 0 or spent < 0.5:
            return None
        return spent / progress.done * (progress.total - progress.done)

    def _returned(self, result: R) -> None:
        self._results.append(result)

    def _stopped(self) -> bool:
        return self._worker is not None and bool(self._worker.abort_requested)

    def _errored(self, error: Exception) -> None:
        if not self.closed and not isinstance(error, Cancelled):
            self._on_error(error)

    def _ended(self) -> None:
        self._delivery.start()

    def _deliver(self) -> None:
        results, self._results = self._results, []
        worker, self._worker = self._worker, None
        self._stage = ""
        if self._steps is not None:
            self._steps.close()  # a cancelled run is left where it was: it tidies up now
            self._steps = None
        if self.closed or worker is None:
            return
        try:
            if results and not worker.abort_requested:
                self._on_done(results[0])
        finally:
            self._on_end()
