"""The window of models: what there is, and what is here; fetch, import, verify, remove, pack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QDialog,
    QFileDialog,
    QLabel,
    QMenu,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_ovseg.errors import in_words
from napari_ovseg.gui import model_jobs as jobs
from napari_ovseg.gui.controls import row
from napari_ovseg.gui.model_table import ModelTable
from napari_ovseg.gui.worker import Runner

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_ovseg.backbones.catalogue import Entry
    from napari_ovseg.backbones.manager import Offer, Removal, Verdict
    from napari_ovseg.progress import Progress


class ModelsWindow(QDialog):
    """Manage the models of this machine; nothing is downloaded or deleted before it is agreed to.

    Attributes
    ----------
    changed
        Emitted with the names of the encoders that are here, whenever they are looked up.
    removed
        Emitted when a model was removed: what it gave is not what one of its name will give.
    ask
        From a title, a text and the word of the button to whether the user agreed.
    """

    changed = Signal(list)
    removed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Models")
        self.setObjectName("ovseg_models_window")
        self.ask: Callable[[str, str, str], bool] = self._ask
        self.runner: Runner[Any] = Runner(
            self._progressed, self._done, self._failed, self._show_state
        )
        self._then: Callable[[Any], None] = self._list
        self._build()
        self.destroyed.connect(self.runner.close)
        self.resize(980, 480)

    def _build(self) -> None:
        self.models = ModelTable()
        self.models.chosen_changed.connect(self._show_state)
        self.bar = QProgressBar()
        self.message = QLabel("")
        self.message.setObjectName("ovseg_models_message")
        self.message.setWordWrap(True)
        menu = QMenu(self)
        menu.addAction("Folder…", self._choose_folder)
        menu.addAction("File (.zip, .pt, .pth)…", self._choose_file)
        self.buttons = {
            name: self._button(name, text, tip, slot)
            for name, text, tip, slot in (
                ("fetch", "Fetch…", "Show licence, size and host, then ask", self.fetch),
                ("import", "Import", "Take a model from a stick or a share", None),
                ("verify", "Verify", "Hash its files again", self.verify),
                ("pack", "Pack…", "One file for a machine without internet", self._choose_pack),
                ("remove", "Remove…", "Delete it from this machine", self.remove),
                ("stop", "Cancel", "Stop; a download goes on later", self.runner.cancel),
            )
        }
        self.buttons["import"].setMenu(menu)
        layout = QVBoxLayout(self)
        layout.addWidget(self.models, stretch=1)
        layout.addLayout(row(*self.buttons.values()))
        layout.addWidget(self.bar)
        layout.addWidget(self.message)
        self._show_state()

    def _button(
        self, name: str, text: str, tip: str, slot: Callable[[], None] | None
    ) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(f"ovseg_models_{name}")
        button.setToolTip(tip)
        button.setAutoDefault(False)
        if slot is not None:
            button.clicked.connect(lambda _checked=False: slot())
        return button

    def present(self) -> None:
        """Show the window before all others, and look up what there is."""
        self.refresh()
        self.show()
        self.raise_()

    # --- the list -------------------------------------------------------------------

    def refresh(self) -> None:
        """Look up what there is, on a worker's thread."""
        self._start(self._list, jobs.list_steps)

    def _list(self, entries: list[Entry]) -> None:
        self.models.show_entries(entries)
        self.changed.emit([e.name for e in entries if e.here and not e.guide])

    def _chosen(self) -> str:
        return self.models.chosen.name if self.models.chosen else ""

    # --- what can be done -----------------------------------------------------------

    def fetch(self) -> None:
        """Ask about the selected model, then download it, or go on with it."""
        self._start(self._agree_to_fetch, jobs.offer_steps, self._chosen())

    def _agree_to_fetch(self, offer: Offer) -> None:
        if self.ask("Fetch a model", offer.summary, "Fetch"):
            self._start(self._brought, jobs.fetch_steps, offer)

    def import_from(self, path: Path) -> None:
        """Copy a model from a folder or a file."""
        self._start(self._brought, jobs.import_steps, path)

    def _brought(self, name: str) -> None:
        self.message.setText(f"{name} is here now")
        self.refresh()

    def verify(self) -> None:
        """Hash the files of the selected model, or of all that are here."""
        self._start(self._verified, jobs.verify_steps, self._chosen() or None)

    def _verified(self, verdicts: list[Verdict]) -> None:
        parts = [" ".join((v.name, v.state, *v.files)) for v in verdicts]
        self.message.setText("; ".join(parts))

    def remove(self) -> None:
        """Ask about the selected model, then delete it."""
        self._start(self._agree_to_remove, jobs.removal_steps, self._chosen())

    def _agree_to_remove(self, removal: Removal) -> None:
        if self.ask("Remove a model", removal.summary, "Delete"):
            self._start(self._removed, jobs.remove_steps, removal)

    def _removed(self, name: str) -> None:
        self.message.setText(f"{name} was removed")
        self.removed.emit()
        self.refresh()

    def pack_to(self, target: Path) -> None:
        """Write the selected model as one file."""
        self._start(self._packed, jobs.pack_steps, self._chosen(), target)

    def _packed(self, target: Path) -> None:
        self.message.setText(f"wrote {target}")

    def _choose_folder(self) -> None:
        if folder := QFileDialog.getExistingDirectory(self, "Import a model"):
            self.import_from(Path(folder))

    def _choose_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, "Import a model", "", "Models (*.zip *.pt *.pth)"
        )
        if name:
            self.import_from(Path(name))

    def _choose_pack(self) -> None:
        stem = self._chosen().replace(":", "@")
        name, _ = QFileDialog.getSaveFileName(self, "Pack", f"{stem}.zip", "Packed model (*.zip)")
        if name:
            self.pack_to(Path(name).with_suffix(".zip"))

    # --- running --------------------------------------------------------------------

    def _start(self, then: Callable[[Any], None], steps: Callable[..., Any], *job: Any) -> None:
        if self.runner.running:
            return
        self._then = then
        self.bar.setRange(0, 0)
        self.runner.start(steps, *job)
        self._show_state()

    def _progressed(self, progress: Progress, seconds: float | None) -> None:
        # In thousandths: the bar counts in 32 bits, and weights have more bytes.
        self.bar.setRange(0, 1000)
        self.bar.setValue(1000 * progress.done // max(progress.total, 1))
        left = "" if seconds is None else f", about {seconds:.0f} s left"
        self.bar.setFormat(f"{progress.stage}: %p %{left}")

    def _done(self, result: Any) -> None:
        self._then(result)

    def _failed(self, error: Exception) -> None:
        self.message.setText(in_words(error))

    def _show_state(self) -> None:
        """Offer what can be done now with the selected model."""
        busy, chosen = self.runner.running, self.models.chosen
        here = chosen is not None and chosen.here
        for button, wanted in (
            ("fetch", chosen is not None and not here),
            ("import", True),
            ("verify", here or chosen is None),
            ("pack", here),
            ("remove", here and self._chosen() != "starter"),
        ):
            self.buttons[button].setEnabled(wanted and not busy)
        self.buttons["stop"].setEnabled(busy)
        if not busy:
            self.bar.setRange(0, 1)
            self.bar.setValue(0)
            self.bar.setFormat("")

    def _ask(self, title: str, text: str, word: str) -> bool:
        box = QMessageBox(QMessageBox.Icon.Question, title, text, parent=self)
        agreed = box.addButton(word, QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        box.exec()
        return box.clickedButton() is agreed
