"""The progress bar of the dock widget: which stage a run is at, and how long it may take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QProgressBar

if TYPE_CHECKING:
    from napari_ovseg.progress import Progress

_STAGES = {
    "model": "loading the model",
    "image": "reading the image",
    "windows": "encoding",
    "words": "reading the words",
    "comparing": "comparing with the words",
    "labels": "labelling",
    "refining": "refining the borders",
}


class StageBar(QProgressBar):
    """A bar that says ``slice 2 of 9, encoding: 40 %, about 3 s left``, or ``ready``."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("ovseg_progress")
        self._place = ""
        self.rest()

    def begin(self) -> None:
        """Show that something runs, nobody knows how long."""
        self.setRange(0, 0)

    def step(self, place: str) -> None:
        """Say from now on which of several slices it is about."""
        self._place = f"{place}, " if place else ""

    def advance(self, progress: Progress, seconds: float | None) -> None:
        """Show how far a stage is, and what time is left, if known."""
        self.setRange(0, max(progress.total, 1))
        self.setValue(progress.done)
        left = "" if seconds is None else f", about {seconds:.0f} s left"
        self.setFormat(f"{self._place}{_STAGES.get(progress.stage, progress.stage)}: %p %{left}")

    def rest(self) -> None:
        """Show that nothing runs."""
        self.setRange(0, 1)
        self.setValue(0)
        self.setFormat("ready")
