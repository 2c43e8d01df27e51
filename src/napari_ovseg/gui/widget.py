"""The dock widget: image, model, words, run, export. Thin; what it does is in `Session`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from napari.layers import Image as ImageLayer
from napari.utils.notifications import show_error, show_warning
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_ovseg.device import choose_device, describe_device
from napari_ovseg.errors import InputError, OvsegError
from napari_ovseg.gui import layers
from napari_ovseg.gui.about_label import AboutLabel
from napari_ovseg.gui.adoption import Adoption
from napari_ovseg.gui.controls import row
from napari_ovseg.gui.export_dialog import ExportDialog
from napari_ovseg.gui.folder import Folder
from napari_ovseg.gui.keeper import Keeper
from napari_ovseg.gui.keys import bind
from napari_ovseg.gui.models_window import ModelsWindow
from napari_ovseg.gui.owner_view import OwnerView
from napari_ovseg.gui.pictures import Pictures
from napari_ovseg.gui.preload import warm_up
from napari_ovseg.gui.project_row import ProjectRow
from napari_ovseg.gui.round import Target, target_of
from napari_ovseg.gui.seen import DECIDES
from napari_ovseg.gui.session import Session
from napari_ovseg.gui.settings_form import SettingsForm
from napari_ovseg.gui.stage_bar import StageBar
from napari_ovseg.gui.tally import Tally
from napari_ovseg.gui.turns import Turn
from napari_ovseg.gui.unfamiliar_note import UnfamiliarNote
from napari_ovseg.gui.where import where_to
from napari_ovseg.gui.words_panel import WordsPanel
from napari_ovseg.gui.work import Work
from napari_ovseg.gui.writing_row import WritingRow

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels
    from qtpy.QtGui import QShowEvent

    from napari_ovseg.labels import Annotation

_WARM_UP_AFTER_MS = 300
"""When the window has drawn itself."""


class OvsegWidget(QWidget):
    """Label the image by the words of the table.

    Parameters
    ----------
    napari_viewer
        Given by napari.
    """

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__()
        self.setObjectName("ovseg_widget")
        self.viewer = napari_viewer
        self.session = Session()
        self.bar = StageBar()
        self.pictures = Pictures(napari_viewer, self._layers_changed)
        self.work = Work(
            napari_viewer, self.session, self.pictures, self._targets, self.bar.advance, self
        )
        self.runner, self.turns = self.work.runner, self.work.turns
        self.folder = Folder(napari_viewer, self.session, self.pictures, self.work, self)
        self.owner_view = OwnerView(napari_viewer)
        self.tally = Tally(self)
        self._painting: WeakKeyDictionary[Labels, int] = WeakKeyDictionary()
        self.models: ModelsWindow | None = None
        self.keeper = Keeper(napari_viewer, self.session, self.pictures, self.tell)
        self._build()
        self.layout().insertWidget(0, self.folder.row)
        self.session.changed.connect(self._words_changed)
        self.viewer.layers.selection.events.active.connect(self._active_changed)
        self.viewer.dims.events.current_step.connect(self._plane_changed)
        # Not a method of the widget: Qt would disconnect it together with the widget.
        self.destroyed.connect(self.runner.close)
        self.destroyed.connect(self.keeper.close)
        QApplication.instance().aboutToQuit.connect(self.keeper.close)
        self.destroyed.connect(self.tally.leave)
        self.destroyed.connect(self.folder.close)
        self._layers_changed()
        self._warm_up = QTimer(self)
        self._warm_up.setSingleShot(True)
        self._warm_up.timeout.connect(warm_up)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  # Qt's name
        """Import what a run needs while the user types the first words; no weights are loaded."""
        super().showEvent(event)
        self._warm_up.start(_WARM_UP_AFTER_MS)

    # --- building -------------------------------------------------------------------

    def _build(self) -> None:
        self.form = SettingsForm(self.session, self.tell)
        self.form.image.currentIndexChanged.connect(self._show_display)
        self.form.together.toggled.connect(self._show_together)
        self.form.models_button.clicked.connect(lambda _checked=False: self.show_models())
        self.words = self._words_panel()
        self.writing = WritingRow()
        self.writing.decided.connect(self._decide)
        self.writing.owners_wanted.connect(self._show_owners)
        self.run_button = self._button(
            "ovseg_segment", "Segment", self.segment, "Label the picture on screen"
        )
        self.cancel_button = self._button(
            "ovseg_cancel", "Cancel", self.turns.stop, "Stop; nothing is changed"
        )
        self.cancel_button.setEnabled(False)
        self.exports = ExportDialog(self._chosen_labels, self.pictures.all_labels, self)
        self.project = ProjectRow(self.keeper, self._chosen_labels, self.tell)
        self.keeper.on_opened = self.form.show_recipe
        self.note = UnfamiliarNote()
        self.note.models_wanted.connect(self.show_models)
        self.message = QLabel("")
        self.message.setObjectName("ovseg_message")
        self.message.setWordWrap(True)
        self._lay_out()
        self._connect_work()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.addWidget(self.form)
        layout.addWidget(self.words, stretch=1)
        layout.addWidget(self.writing)
        self.about = AboutLabel(self.viewer, self.session, self.pictures, self.form.chosen_image)
        layout.addWidget(self.about)
        layout.addLayout(row(self.run_button, self.cancel_button))
        layout.addWidget(self.bar)
        export = self._button(
            "ovseg_export", "Export…", self._show_exports, "Write the labels to files"
        )
        layout.addLayout(row(export, self.project))
        for part in (self.project.offer, self.message, self.note):
            layout.addWidget(part)

    def _words_panel(self) -> WordsPanel:
        pictures = self.pictures
        panel = WordsPanel(self.session, self.tell, pictures.uses, pictures.give)
        panel.table.chosen.connect(self._choose)
        panel.adoption_wanted.connect(self.adopt)
        self.form.image.currentIndexChanged.connect(self._plane_changed)
        self.tally.counted.connect(panel.table.show_pixels)
        self.session.lock_changed.connect(pictures.lock)
        return panel

    def _connect_work(self) -> None:
        work = self.work
        work.began.connect(self._begun)
        work.stepped.connect(self.bar.step)
        work.ended.connect(self._ended)
        work.labelled.connect(self._report)
        work.previewed.connect(self._ask)
        for teller in (work, self.folder):
            teller.told.connect(self._told)
            teller.broke.connect(self._broke)
        self.folder.leaving.connect(self._leaving)
        self.folder.arrived.connect(self._arrived)

    def _button(self, name: str, text: str, slot: Any, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setToolTip(tip)
        button.clicked.connect(lambda _checked=False: slot())
        return button

    # --- layers ---------------------------------------------------------------------

    def _layers_changed(self, _event: Any = None) -> None:
        if self.runner.closed:
            return
        pictures = self.pictures.images()
        for layer in self.pictures.all_labels():
            self._join(layer)
        self.keeper.keep_all()
        is_new = self.form.set_images(pictures)
        self._plane_changed()
        if not is_new:
            return
        for layer in pictures:
            for name in DECIDES:
                emitter = layer.events[name]
                emitter.disconnect(self._display_changed)
                emitter.connect(self._display_changed)
        self._show_display()

    def _plane_changed(self, _event: Any = None) -> None:
        """Count the pixels of what is on screen now."""
        if self.runner.closed:
            return
        source = self.form.chosen_image()
        plane = () if source is None else self.pictures.plane_of(source)
        self.tally.watch(self._chosen_labels(), plane)

    def _active_changed(self, _event: Any = None) -> None:
        active = self.viewer.layers.selection.active
        if not self.runner.closed and isinstance(active, ImageLayer):
            self.form.choose_image(active)

    def _show_display(self, _event: Any = None) -> None:
        """Tell what the encoder will see of the chosen layer, and of which slices."""
        if self.runner.closed:
            return
        layer = self.form.chosen_image()
        try:
            text = "no image layer open" if layer is None else self.pictures.describe(layer)
        except OvsegError as error:
            text = str(error)
        self.form.display.setText(text)
        self.writing.slices.offer(None if layer is None else layers.image_of(layer))

    def _show_together(self, on: bool) -> None:  # Qt's signal
        self.pictures.together = on
        self._display_changed()

    def _display_changed(self, _event: Any = None) -> None:
        """Tell what the encoder would see now, and let the labels follow if it has seen it."""
        self._show_display()
        if not self.runner.closed and self._chosen_labels() is not None and self.session.rows:
            self.turns.follow()

    def _show_exports(self) -> None:
        self.exports.show()
        self.exports.raise_()

    def _chosen_labels(self) -> Labels | None:
        source = self.form.chosen_image()
        return None if source is None else self.pictures.labels_of(source)

    def _words_changed(self) -> None:
        """Show new names and colours at once, and let the labels follow the words."""
        if self._show_words():
            self.turns.follow()

    def _show_words(self) -> bool:
        """Give the labels the names and colours of the table; False where there are none."""
        layer = self._chosen_labels()
        if layer is None or self.runner.closed or not self.session.rows:
            return False
        layers.describe(layer, self.session.vocabulary(), self.session.hidden)
        return True

    def _join(self, layer: Labels) -> None:
        """Let the keys and the table follow each other while a layer is painted."""
        bind(layer, self.session)
        self._painting.setdefault(layer, int(layer.selected_label))
        layer.events.selected_label.disconnect(self._chosen)
        layer.events.selected_label.connect(self._chosen)

    def _chosen(self, event: Any) -> None:
        layer, label = event.source, int(event.source.selected_label)
        # Napari tells of it after a change of colours, too.
        if not self.runner.closed and label != self._painting.get(layer):
            self._painting[layer] = label
            self.words.table.select(label)

    def _choose(self, category_id: int) -> None:
        """Paint with a category from now on."""
        if (layer := self._chosen_labels()) is not None:
            layer.selected_label = category_id

    def adopt(self) -> None:
        """Make a labels layer of the viewer the labels of the chosen image."""
        adoption = Adoption(self, self.viewer, self.session, self.pictures)
        try:
            told = adoption.run(self.form.chosen_image())
        except OvsegError as error:
            self.tell(str(error))
            return
        self._layers_changed()
        self.message.setText(told)

    # --- running --------------------------------------------------------------------

    def segment(self) -> None:
        """Start labelling the picture on screen with the words of the table."""
        self.turns.run()

    def _targets(self, turn: Turn) -> list[Target]:
        target = target_of(self.pictures, self.form.chosen_image())
        where = where_to(self.writing.place.currentText(), self.viewer, target.source)
        target = replace(target, where=where, preview=self.writing.preview.isChecked())
        if turn == Turn.FOLLOW:
            return [target]
        planes = self.writing.slices.planes(target.plane)
        if target.preview and len(planes) > 1:
            raise InputError("'show first' shows one slice; choose 'this slice', or untick it")
        return [replace(target, plane=plane) for plane in planes]

    def _begun(self) -> None:
        self.run_button.setEnabled(False)
        self.cancel_button.setEnabled(True)
        self.message.setText("")
        self.note.hide()
        self.writing.ask(False)
        self.work.difference.reject()
        self.bar.begin()

    def _ask(self, count: int) -> None:
        """Ask what to do with what a run would change."""
        names = {0: "unlabelled", **{c.id: c.name for c in self.session.rows}}
        parts = [f"{n:,} to {names.get(i, i)}" for i, n in self.work.difference.counts.items()]
        self.message.setText(f"{count:,} pixels would change: {', '.join(parts)}")
        self.writing.ask(bool(count))

    def _decide(self, what: str) -> None:
        if what == "none":
            self.work.difference.reject()
        else:
            chosen = self.words.table.selected() if what == "selected" else None
            self.work.difference.accept(chosen)
        self.message.setText("")

    def _show_owners(self, on: bool) -> None:  # Qt's signal
        self.owner_view.show(self._chosen_labels() if on else None)

    def _report(self, annotation: Annotation, kept: int) -> None:
        self.form.device_line.setText(describe_device(choose_device(self.session.device)))
        total = annotation.labels.ids.size
        parts = [f"{name} {count / total:.0%}" for name, count in self.session.counts.items()]
        text = ", ".join(parts[:8]) + (" …" if len(parts) > 8 else "")
        if kept:
            text += f"\n{kept} corrected pixels were kept as you left them"
        if self.session.remark:
            text += f"\n{self.session.remark}"
        self.message.setText(text)
        self._show_words()  # they may have changed since the run began
        self.words.table.refresh()
        self.form.show_cache()
        self.note.tell(self.session.unfamiliar)

    def _leaving(self) -> None:
        self._decide("none")
        self.writing.ask(False)
        self.writing.owners.setChecked(False)

    def _arrived(self, source: ImageLayer) -> None:
        self.form.choose_image(source)
        self.words.table.refresh()

    def _told(self, text: str, loud: bool) -> None:  # Qt's signal
        (self.tell if loud else self.message.setText)(text)

    def _broke(self, text: str) -> None:
        self.message.setText(text)
        show_error(f"napari-ovseg: {text}")

    def _ended(self) -> None:
        self.run_button.setEnabled(True)
        self.cancel_button.setEnabled(False)
        self.bar.rest()

    def show_models(self) -> None:
        """Open the window of models."""
        if self.models is None:
            self.models = ModelsWindow(self)
            self.models.changed.connect(self.form.offer_models)
        self.models.refresh()
        self.models.show()
        self.models.raise_()

    def tell(self, text: str) -> None:
        """Show a message that the user should see."""
        self.message.setText(text)
        show_warning(text)
