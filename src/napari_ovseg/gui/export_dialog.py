"""The export dialog: format, options, which labels, where to; written on the worker's thread."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from magicgui.widgets import Container, create_widget
from napari.utils.notifications import show_info, show_warning
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import (
    QDialog,
    QFileDialog,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_ovseg.errors import InputError, OvsegError, in_words
from napari_ovseg.exporters import EXPORTERS, Exporter, parts_of, refuse_pictures
from napari_ovseg.gui import layers
from napari_ovseg.gui.controls import combo, form, label, row, spin
from napari_ovseg.gui.losses_line import LossesLine
from napari_ovseg.gui.worker import Runner
from napari_ovseg.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari.layers import Labels

    from napari_ovseg.gui.pictures import Pictures
    from napari_ovseg.labels import Annotation
    from napari_ovseg.progress import Steps, Stop

_SCOPES = ("this image", "all labelled images")


class ExportDialog(QDialog):
    """Write labels, corrections included, into a folder.

    Parameters
    ----------
    chosen
        Finds the labels layer of the chosen image.
    pictures
        Of the viewer; their files are never written.
    """

    def __init__(
        self,
        chosen: Callable[[], Labels | None],
        pictures: Pictures,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export labels")
        self.setObjectName("ovseg_export_dialog")
        self._chosen, self._pictures = chosen, pictures
        self.runner: Runner[list[Path]] = Runner(
            self._progressed, self._done, self._failed, self._rest
        )
        self.destroyed.connect(self.runner.close)
        self._options = Container(labels=True)
        self._growing = QTimer(self)  # new controls have their sizes a moment later
        self._growing.setSingleShot(True)
        self._growing.timeout.connect(self._grow)
        self._build()
        self._show_options()
        self._rest()
        self.resize(460, 320)

    def _build(self) -> None:
        self.format = combo("ovseg_format", EXPORTERS.names(), "File format of the export")
        self.scope = combo("ovseg_export_scope", _SCOPES, "Which labels to write")
        tip = "Share of the images for a folder 'val', the rest goes into 'train'; chosen by name"
        self.validation = spin("ovseg_validation", tip, 90, "no split", " %")
        self._top, self._middle = QWidget(), QWidget()
        rows = (("Format", self.format), ("Labels", self.scope), ("Validation", self.validation))
        form(self._top, *rows)
        self._middle_layout = QVBoxLayout(self._middle)
        self._middle_layout.setContentsMargins(0, 0, 0, 0)
        self.about, self.losses = label("ovseg_export_about"), LossesLine(self)
        self.losses.changed.connect(self._growing.start)
        self.bar = QProgressBar()
        self.message = QLabel("")
        self.message.setWordWrap(True)
        self.write = QPushButton("Choose a folder and write…")
        self.write.setObjectName("ovseg_export_write")
        self.write.setToolTip(
            "Ask for a folder, then write there; files of the same name are replaced, images never"
        )
        self.write.clicked.connect(lambda _checked=False: self._ask())
        self.cancel = QPushButton("Cancel")
        self.cancel.setObjectName("ovseg_export_cancel")
        self.cancel.setToolTip("Stop writing; what is complete stays")
        self.cancel.clicked.connect(lambda _checked=False: self._stop())
        layout = QVBoxLayout(self)
        for part in (self._top, self.about, self._middle, self.losses.line):
            layout.addWidget(part)
        layout.addStretch(1)
        layout.addWidget(self.bar)
        layout.addWidget(self.message)
        layout.addLayout(row(self.write, self.cancel))
        self.format.currentTextChanged.connect(lambda _name: self._show_options())
        self.scope.currentTextChanged.connect(lambda _name: self._show_losses())

    # --- what would be written --------------------------------------------------------

    def _show_options(self) -> None:
        """Build controls for the fields of the format, by magicgui."""
        kind = EXPORTERS.get(self.format.currentText())
        self._middle_layout.removeWidget(self._options.native)
        self._options.native.deleteLater()
        hints = get_type_hints(kind)
        controls = [
            create_widget(value=getattr(kind(), f.name), annotation=hints[f.name], name=f.name)
            for f in fields(kind)
        ]
        self._options = Container(widgets=controls, labels=True)
        self._options.changed.connect(lambda _value: self._show_losses())
        self._middle_layout.addWidget(self._options.native)
        self.about.setText((kind.__doc__ or "").strip().splitlines()[0].replace("``", ""))
        self._show_losses()

    def exporter(self) -> Exporter:
        """Make the exporter that the controls describe, or say what is wrong with them."""
        values = {control.name: getattr(control, "value", None) for control in self._options}
        return EXPORTERS.get(self.format.currentText())(**values)

    def annotations(self) -> list[Annotation]:
        """Take the labels as they are now; later strokes do not change them."""
        return [layers.annotation_of(layer) for layer in self._layers()]

    def _layers(self) -> list[Labels]:
        one = self._chosen()
        every = self.scope.currentText() == _SCOPES[1]
        found = self._pictures.all_labels() if every else [one] if one else []
        if not found:
            raise InputError("there are no labels of this image yet; press Segment first")
        return found

    def _show_losses(self) -> None:
        """Say before the work what the format will not hold, while anybody can read it."""
        if not self.isVisible():
            return
        try:
            live = [layers.live_annotation(layer) for layer in self._layers()]
            self.losses.ask(self.exporter(), live)
        except OvsegError as error:
            self.losses.tell(str(error))

    def _grow(self) -> None:
        """Make room for all lines: a layout alone squeezes its controls instead."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
            needed = max(layout.heightForWidth(self.width()), layout.minimumSize().height())
            self.setMinimumHeight(needed)

    def present(self) -> None:
        """Show the dialog before all other windows."""
        self.show()
        self.raise_()

    def showEvent(self, event: Any) -> None:  # noqa: N802  # Qt's name
        """Look at the labels anew."""
        super().showEvent(event)
        self._show_losses()

    # --- writing ------------------------------------------------------------------------

    def _ask(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Write the labels into")
        if folder:
            self.export_to(folder)

    def export_to(self, folder: str) -> None:
        """Start writing into a folder."""
        if self.runner.running:
            return
        try:
            job = self.annotations(), self.exporter(), self.validation.value() / 100
            pictures = self._pictures.files()
        except OvsegError as error:
            self._tell(str(error))
            return
        self.write.setEnabled(False)
        self.cancel.setEnabled(True)
        self.bar.setRange(0, 0)
        self.bar.show()
        self.runner.start(_export_steps, *job, Path(folder), pictures)

    def _stop(self) -> None:
        self.runner.cancel()
        self.cancel.setEnabled(False)
        self.message.setText("cancelled; what is being written is finished, and nothing else begun")

    def _progressed(self, progress: Progress, _seconds: float | None) -> None:
        self.bar.setRange(0, max(progress.total, 1))
        self.bar.setValue(progress.done)

    def _done(self, files: list[Path]) -> None:
        names = ", ".join(file.name for file in files[:4]) + (" …" if len(files) > 4 else "")
        self.message.setText(f"wrote {names}")
        show_info(f"wrote {len(files)} files to {files[0].parent if files else 'nowhere'}")

    def _failed(self, error: Exception) -> None:
        self._tell(in_words(error))

    def _rest(self) -> None:
        self.write.setEnabled(True)
        self.cancel.setEnabled(False)
        self.bar.hide()

    def _tell(self, text: str) -> None:
        self.message.setText(text)
        show_warning(text)


def _export_steps(
    annotations: Sequence[Annotation],
    exporter: Exporter,
    validation: float,
    folder: Path,
    pictures: Sequence[Path],
    _stop: Stop,
) -> Steps[list[Path]]:
    """Write one label map after the other, or a data set of one table at once."""
    together = type(exporter).write_series is not Exporter.write_series
    files: list[Path] = []
    annotations = [annotation.named() for annotation in annotations]
    parts = parts_of(exporter, annotations, folder, validation)
    for target, part in parts:
        refuse_pictures(exporter.targets(part, target), pictures)
    for target, part in parts:
        for batch in [part] if together else [[annotation] for annotation in part]:
            yield Progress("exporting", len(files), len(annotations))
            files += exporter.write_series(batch, target)
    return files
