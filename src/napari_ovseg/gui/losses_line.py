"""What a format will not hold, found out on a thread of its own: large label maps take seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from napari_ovseg.errors import in_words
from napari_ovseg.gui.controls import label
from napari_ovseg.gui.worker import Runner
from napari_ovseg.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtWidgets import QWidget

    from napari_ovseg.exporters import Exporter
    from napari_ovseg.labels import Annotation
    from napari_ovseg.progress import Steps, Stop

_LOOKING = "Looking for what will not be in the files…"


class LossesLine(QObject):
    """A line that tells what an exporter loses; only the last question is answered.

    Attributes
    ----------
    line
        Shows it.
    changed
        Emitted when the line has another text.
    """

    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.line = label("ovseg_export_losses")
        self._asked: tuple[Exporter, Sequence[Annotation]] | None = None
        self.runner: Runner[list[str]] = Runner(
            lambda _progress, _seconds: None, self._done, self._failed, self._begin
        )
        parent.destroyed.connect(self.runner.close)

    def ask(self, exporter: Exporter, annotations: Sequence[Annotation]) -> None:
        """Find out what would be lost of annotations that nothing but the answer is kept of."""
        self._asked = exporter, annotations
        self.tell(_LOOKING)
        self.runner.cancel()
        self._begin()

    def tell(self, text: str) -> None:
        """Show a text."""
        self.line.setText(text)
        self.changed.emit()

    def _begin(self) -> None:
        if self._asked is not None and not self.runner.running:
            asked, self._asked = self._asked, None
            self.runner.start(_losses_steps, *asked)

    def _done(self, lost: list[str]) -> None:
        self.tell("\n".join(["Not in the files:", *(f"• {text}" for text in lost)] if lost else []))

    def _failed(self, error: Exception) -> None:
        if self._asked is None:
            self.tell(in_words(error))


def _losses_steps(
    exporter: Exporter, annotations: Sequence[Annotation], _stop: Stop
) -> Steps[list[str]]:
    """Return what any of the annotations would lose, each once."""
    lost: dict[str, None] = {}
    named = [annotation.named() for annotation in annotations]
    for number, annotation in enumerate(exporter.prepared(named)):
        yield Progress("looking", number, len(annotations))
        lost |= dict.fromkeys(exporter.check(annotation))
    return list(lost)
