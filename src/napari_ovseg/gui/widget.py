"""The dock widget: image, model, words, run, export. Thin; what it does is in `Session`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication, QVBoxLayout, QWidget

from napari_ovseg.device import choose_device, describe_device
from napari_ovseg.errors import OvsegError
from napari_ovseg.gui import layers
from napari_ovseg.gui.about_label import AboutLabel
from napari_ovseg.gui.adoption import Adoption
from napari_ovseg.gui.brush import Brush
from napari_ovseg.gui.controls import push_button, row
from napari_ovseg.gui.encodes_line import EncodesLine
from napari_ovseg.gui.export_dialog import ExportDialog
from napari_ovseg.gui.folder import Folder
from napari_ovseg.gui.following import Following
from napari_ovseg.gui.keeper import Keeper
from napari_ovseg.gui.locks import Locks
from napari_ovseg.gui.models_window import ModelsWindow
from napari_ovseg.gui.owner_view import OwnerView
from napari_ovseg.gui.pictures import Pictures
from napari_ovseg.gui.preload import warm_up
from napari_ovseg.gui.project_row import ProjectRow
from napari_ovseg.gui.round import Target, target_of
from napari_ovseg.gui.run_panel import RunPanel
from napari_ovseg.gui.scrolled import Messages, Scrolled
from napari_ovseg.gui.session import Session
from napari_ovseg.gui.settings_form import SettingsForm
from napari_ovseg.gui.tally import Tally
from napari_ovseg.gui.turns import Turn
from napari_ovseg.gui.words_panel import WordsPanel
from napari_ovseg.gui.work import Work

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image as ImageLayer
    from napari.layers import Labels
    from qtpy.QtGui import QShowEvent

_WARM_UP_AFTER_MS = 300
"""When the window has drawn itself."""
_LEAST_UPPER, _LEAST_TOLD = 200, 48
"""Heights in the lowest windows, px: the table with its header, and three lines."""


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
        self.panel = RunPanel(self.session)
        self.pictures = Pictures(napari_viewer, self._layers_changed)
        self.locks = Locks(self.session, self.pictures)
        self.work = Work(
            napari_viewer, self.session, self.pictures, self._targets, self.panel.bar.advance, self
        )
        self.runner, self.turns = self.work.runner, self.work.turns
        self.folder = Folder(napari_viewer, self.session, self.pictures, self.work, self)
        self.owner_view = OwnerView(napari_viewer, self._chosen_labels, self)
        self.tally, self.brush = Tally(self), Brush(self.session, self)
        self.models: ModelsWindow | None = None
        self.keeper = Keeper(napari_viewer, self.session, self.pictures, self.panel.tell)
        self.session.labelled, self.session.largest = self.work.words, self.pictures.highest
        self.following = Following(self.session, self.work, self.folder, self._chosen_labels)
        self._build()
        self.session.changed.connect(self._words_changed)
        self.viewer.layers.selection.events.active.connect(self._active_changed)
        self.viewer.dims.events.current_step.connect(self._plane_changed)
        ends = self.keeper.close, self.folder.close
        leaves = self.runner.close, self.tally.leave, self.brush.leave, self.encodes.leave
        for end in (*leaves, *ends):
            # Not a method of the widget: Qt would disconnect it together with the widget.
            self.destroyed.connect(end)
        for end in ends:
            QApplication.instance().aboutToQuit.connect(end)
        self._layers_changed()
        self._resume()
        self._warm_up = QTimer(self, singleShot=True)
        self._warm_up.timeout.connect(warm_up)

    def _resume(self) -> None:
        """Take over what labels in the viewer say, as where the dock was closed before."""
        self.session.locked, hidden = self.pictures.locked(), self.pictures.hidden()
        self.session.rows, self.session.hidden = self.pictures.words(), hidden
        self.session.changed.emit()
        self.turns.stop()  # labels are not to follow words that are theirs

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  # Qt's name
        """Import what a run needs while the user types the first words; no weights are loaded."""
        super().showEvent(event)
        self._warm_up.start(_WARM_UP_AFTER_MS)

    # --- building -------------------------------------------------------------------

    def _build(self) -> None:
        # In a turn of its own: napari takes a while for it.
        self._recolour = QTimer(self, singleShot=True)
        self._recolour.timeout.connect(self._show_words)
        self.form = SettingsForm(self.session, self.panel.tell)
        self.pictures.chosen = self.form.chosen_image
        self.encodes = EncodesLine(self.pictures, self.form)
        self.encodes.changed.connect(self.following.follow)
        self.form.models_button.clicked.connect(lambda _checked=False: self.show_models())
        self.words = self._words_panel()
        self.panel.writing.owners_wanted.connect(self.owner_view.switch)
        self.panel.writing.decided.connect(self.following.decided)
        self.panel.note.models_wanted.connect(self.show_models)
        self.panel.attend(self.work, self.folder, self.words.table.selected)
        self.work.labelled.connect(self._labelled)
        self.work.appeared.connect(self._show_words)  # they may not be those of the run any more
        self.folder.arrived.connect(self._arrived)
        self.exports = ExportDialog(self._chosen_labels, self.pictures, self)
        self.project = ProjectRow(self.keeper, self._chosen_labels, self.panel.tell)
        self.keeper.on_opened = self._opened
        self._lay_out()

    def _lay_out(self) -> None:
        self.about = AboutLabel(self.viewer, self.session, self.pictures, self.form.chosen_image)
        self.panel.lay_out(self.about)
        export = push_button("ovseg_export", "Export…", "Write the labels to files")
        export.clicked.connect(lambda _checked=False: self.exports.present())
        upper = Scrolled(self.form, self.words, least=_LEAST_UPPER)
        self.words.awaited.connect(lambda: upper.ensureWidgetVisible(self.words.entry))
        layout = QVBoxLayout(self)
        layout.addWidget(self.folder.row)
        layout.addWidget(upper, stretch=1)
        layout.addWidget(self.panel)
        layout.addLayout(row(export, self.project))
        told = (self.project.offer, self.panel.message, self.panel.note)
        layout.addWidget(Messages(*told, least=_LEAST_TOLD))

    def _words_panel(self) -> WordsPanel:
        pictures = self.pictures
        panel = WordsPanel(self.session, self.panel.tell, pictures.uses, pictures.give)
        panel.table.chosen.connect(self._choose)
        self.brush.chosen.connect(panel.table.select)
        panel.adoption_wanted.connect(self.adopt)
        self.form.image.currentIndexChanged.connect(self._plane_changed)
        self.tally.counted.connect(panel.table.show_pixels)
        return panel

    # --- layers ---------------------------------------------------------------------
    def _layers_changed(self, _event: Any = None) -> None:
        if self.runner.closed:
            return
        pictures = self.pictures.images()
        for layer in self.pictures.all_labels():
            self.brush.attend(layer, self.words.table.selected())
            self.locks.attend(layer)
        self.keeper.keep_all()
        self.folder.keep_labels()
        is_new = self.form.set_images(pictures)
        self._plane_changed()
        if is_new:
            self.encodes.watch(pictures)
            self.encodes.show()

    def _plane_changed(self, _event: Any = None) -> None:
        """Count the pixels of what is on screen now, and offer its slices."""
        if self.runner.closed:
            return
        source = self.form.chosen_image()
        plane = () if source is None else self.pictures.plane_of(source)
        self.tally.watch(self._chosen_labels(), plane)
        self.owner_view.follow()
        self.panel.writing.slices.offer(None if source is None else layers.image_of(source))

    def _active_changed(self, _event: Any = None) -> None:
        source = self.pictures.chosen_with(self.viewer.layers.selection.active)
        if not self.runner.closed and source is not None:
            self.form.choose_image(source)

    def _chosen_labels(self) -> Labels | None:
        source = self.form.chosen_image()
        return None if source is None else self.pictures.labels_of(source)

    def _words_changed(self) -> None:
        """Show new names and colours in the next turn, and let the labels follow the words."""
        if not self.runner.closed and self.session.rows:
            self._recolour.start(0)
        self.following.words_changed()

    def _show_words(self) -> None:
        """Give all labels the names and colours of the table: an id means one thing in them."""
        for layer in self.pictures.all_labels() if self.session.rows else ():
            layers.describe(layer, self.session.vocabulary(), self.session.hidden)
            self.brush.attend(layer, self.words.table.selected())

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
            self.panel.tell(str(error))
            return
        if told:
            self.turns.stay()  # labels are not to follow words that are theirs
        self._layers_changed()
        self.panel.message.setText(told)

    def segment(self) -> None:
        """Start labelling the picture on screen with the words of the table."""
        self.turns.run()

    def _targets(self, turn: Turn) -> list[Target]:
        target = target_of(self.pictures, self.form.chosen_image())
        return self.panel.writing.targets(target, self.viewer, one=turn == Turn.FOLLOW)

    def _labelled(self, *_told: object) -> None:
        self.form.device_line.setText(describe_device(choose_device(self.session.device)))
        self._show_words()  # they may have changed since the run began
        self.words.table.refresh()
        self.form.show_cache()

    def _opened(self, source: ImageLayer) -> None:
        self.turns.stay()
        self.form.choose_image(source)
        self.form.show_recipe()

    def _arrived(self, source: ImageLayer) -> None:
        self.form.choose_image(source)
        self.words.table.refresh()
        self._recolour.start(0)  # what is hidden in the table is not shown in its labels

    def show_models(self) -> None:
        """Open the window of models."""
        if self.models is None:
            self.models = ModelsWindow(self)
            self.models.changed.connect(self.form.offer_models)
            self.models.removed.connect(self.session.recent.clear)
        self.models.present()
