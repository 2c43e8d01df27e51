"""The table of categories: shown, locked, id, colour, name, synonyms, threshold, pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QHeaderView,
    QSlider,
    QTableWidget,
    QTableWidgetItem,
)

from napari_ovseg._words import listed
from napari_ovseg.errors import OvsegError
from napari_ovseg.gui.controls import leave_wheel, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_ovseg.gui.session import Session
    from napari_ovseg.vocabulary import Category

COLUMNS = {
    "show": "Shown in the picture, or not; hidden pixels stay what they are",
    "lock": "Locked: neither a model nor a brush changes the pixels it has now",
    "id": "Number in every file, the same for ever",
    "colour": "Double-click to choose another",
    "name": "What people read; double-click to edit",
    "synonyms": "What the model reads besides the name, with commas between; double-click to edit",
    "at least": "Probability that a pixel must reach, 0 to 99 %",
    "pixels": "In the picture on screen, the model's and yours; they follow the brush",
}
SHOW, LOCK, ID, COLOUR, NAME, QUERIES, THRESHOLD, PIXELS = range(len(COLUMNS))
_WIDTHS = {
    SHOW: 40, LOCK: 34, ID: 26, COLOUR: 46, NAME: 88, QUERIES: 72, THRESHOLD: 56, PIXELS: 66,
}  # fmt: skip

_SWATCH = QSize(28, 16)


class VocabularyTable(QTableWidget):
    """Shows `Session.rows` and sends edits back; what is refused is undone and told.

    Attributes
    ----------
    chosen
        Emitted with the id of the category that a person chose to paint with.
    """

    chosen = Signal(int)

    def __init__(self, session: Session, tell: Callable[[str], None]) -> None:
        super().__init__(0, len(COLUMNS))
        self.setObjectName("ovseg_table")
        self._session, self._tell = session, tell
        self.setHorizontalHeaderLabels(list(COLUMNS))
        for column, tip in enumerate(COLUMNS.values()):
            self.horizontalHeaderItem(column).setToolTip(tip)
        self.verticalHeader().hide()
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.horizontalHeader().setStretchLastSection(True)
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, width)
        self.setMinimumHeight(130)
        self.itemChanged.connect(self._edited)
        self.cellClicked.connect(self._clicked)
        self.cellDoubleClicked.connect(self._pick_colour)
        for signal in (session.changed, session.lock_changed):
            signal.connect(self.refresh)
            self.destroyed.connect(
                lambda _gone=None, told=signal: told.disconnect(self.refresh, missing_ok=True)
            )
        self.refresh()

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """Ask for so much room that all columns are seen beside the scroll bar."""
        beside = 2 * self.frameWidth() + self.verticalScrollBar().sizeHint().width()
        return QSize(sum(_WIDTHS.values()) + beside, self.minimumHeight())

    def selected(self) -> list[int]:
        """Ids of the selected rows."""
        rows = sorted({index.row() for index in self.selectedIndexes()})
        return [self._session.rows[row].id for row in rows]

    def select(self, category_id: int) -> None:
        """Select the row of a category, if there is one."""
        for row, category in enumerate(self._session.rows):
            if category.id == category_id:
                self.selectRow(row)

    def _clicked(self, row: int, column: int) -> None:
        if column not in (SHOW, LOCK):  # whoever hides a category does not mean to paint with it
            self.chosen.emit(self._session.rows[row].id)

    def refresh(self) -> None:
        """Show the session's rows; a slider that is held stays in the hand."""
        with silent(self):
            self.setRowCount(len(self._session.rows))
            for row, category in enumerate(self._session.rows):
                self._fill(row, category)

    def show_pixels(self, pixels: dict[int, int]) -> None:
        """Show new counts by id, and nothing else anew."""
        self._session.pixels = pixels
        with silent(self):
            for row, category in enumerate(self._session.rows):
                self.item(row, PIXELS).setText(self._count(category))

    def _count(self, category: Category) -> str:
        pixels = self._session.pixels
        return f"{pixels.get(category.id, 0):,}" if pixels else ""

    def _fill(self, row: int, category: Category) -> None:
        session = self._session
        texts = {
            ID: str(category.id),
            COLOUR: "",
            NAME: category.name,
            QUERIES: ", ".join(q for q in category.queries if q != category.name),
            PIXELS: self._count(category),
        }
        for column in (SHOW, LOCK, *texts):
            item = self.item(row, column)
            if item is None:
                item = QTableWidgetItem()
                self.setItem(row, column, item)
            item.setText(texts.get(column, ""))
            if column not in (NAME, QUERIES):
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
        ticks = {SHOW: category.id not in session.hidden, LOCK: category.id in session.locked}
        for column, on in ticks.items():
            state = Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
            self.item(row, column).setCheckState(state)
        swatch = QPixmap(_SWATCH)
        swatch.fill(QColor(category.colour))
        self.item(row, COLOUR).setIcon(QIcon(swatch))  # a selected row hides a background
        self.item(row, COLOUR).setToolTip(category.colour)
        self._slider(row).setValue(round(100 * category.threshold))

    def _slider(self, row: int) -> QSlider:
        """Return the slider of a row; it asks which category that is when it is moved."""
        slider = self.cellWidget(row, THRESHOLD)
        if slider is None:
            slider = QSlider(Qt.Orientation.Horizontal)
            slider.setRange(0, 99)
            slider.setToolTip(COLUMNS["at least"])
            leave_wheel(slider)
            slider.valueChanged.connect(lambda value: self._set_threshold(row, value))
            self.setCellWidget(row, THRESHOLD, slider)
        return slider

    def _set_threshold(self, row: int, percent: int) -> None:
        category = self._session.rows[row]
        if round(100 * category.threshold) != percent:
            self._session.edit(category.id, threshold=percent / 100)

    def _edited(self, item: QTableWidgetItem) -> None:
        category, column = self._session.rows[item.row()], item.column()
        on = item.checkState() == Qt.CheckState.Checked
        try:
            if column == NAME:
                others = tuple(q for q in category.queries if q != category.name)
                self._session.edit(category.id, name=item.text(), queries=(item.text(), *others))
            elif column == QUERIES:
                queries = (category.name, *listed(item.text()))
                self._session.edit(category.id, queries=queries)
            elif column == SHOW:
                self._session.show(category.id, on)
            elif column == LOCK:
                self._session.lock(category.id, on)
        except OvsegError as error:
            self._tell(str(error))
            self.refresh()

    def _pick_colour(self, row: int, column: int) -> None:
        if column != COLOUR:
            return
        category = self._session.rows[row]
        chosen = QColorDialog.getColor(QColor(category.colour), self, f"Colour of {category.name}")
        if chosen.isValid():
            self._session.edit(category.id, colour=chosen.name())
