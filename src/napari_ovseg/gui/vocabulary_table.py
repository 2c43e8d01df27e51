"""The table of words: id, colour, name and synonyms, edited in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QColor, QGuiApplication, QKeySequence
from qtpy.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_ovseg.errors import OvsegError

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_ovseg.gui.session import Session

COLUMNS = ("id", "colour", "name", "synonyms")
ID, COLOUR, NAME, QUERIES = range(4)


class VocabularyTable(QWidget):
    """Shows `Session.rows` and sends edits back; what is refused is undone and told."""

    def __init__(self, session: Session, tell: Callable[[str], None]) -> None:
        super().__init__()
        self.setObjectName("ovseg_vocabulary")
        self._session, self._tell = session, tell
        self._table = self._make_table()
        self._entry = QLineEdit()
        self._entry.setObjectName("ovseg_words")
        self._entry.setPlaceholderText("add words:  nucleus, cell nucleus; cytoplasm; background")
        self._entry.setToolTip(
            "A semicolon between categories, a comma between synonyms; Enter adds them."
        )
        self._entry.returnPressed.connect(self._add)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._table)
        layout.addWidget(self._entry)
        layout.addLayout(self._make_buttons())
        session.changed.connect(self.refresh)
        self.destroyed.connect(lambda: session.changed.disconnect(self.refresh, missing_ok=True))
        self.refresh()

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, len(COLUMNS))
        table.setObjectName("ovseg_table")
        table.setHorizontalHeaderLabels(COLUMNS)
        table.verticalHeader().hide()
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        for column, width in ((ID, 34), (COLOUR, 52), (NAME, 110)):
            table.setColumnWidth(column, width)
        table.setMinimumHeight(130)
        table.setToolTip("Double-click to edit; double-click a colour to choose another.")
        table.itemChanged.connect(self._edited)
        table.cellDoubleClicked.connect(self._pick_colour)
        return table

    def _make_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        for name, text, slot, tip in (
            ("ovseg_add", "Add", self._add, "Add the words typed above"),
            ("ovseg_remove", "Remove", self._remove, "Remove the selected categories"),
            ("ovseg_paste", "Paste list", self._paste, "Add words from the clipboard"),
        ):  # fmt: skip
            button = QPushButton(text)
            button.setObjectName(name)
            button.setToolTip(tip)
            button.clicked.connect(slot)
            row.addWidget(button)
        return row

    def refresh(self) -> None:
        """Show the session's rows."""
        self._table.blockSignals(True)
        self._table.setRowCount(len(self._session.rows))
        for row, category in enumerate(self._session.rows):
            synonyms = ", ".join(q for q in category.queries if q != category.name)
            number, colour = QTableWidgetItem(str(category.id)), QTableWidgetItem("")
            for item in (number, colour):
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
            number.setData(Qt.ItemDataRole.UserRole, category.id)
            colour.setBackground(QColor(category.colour))
            colour.setToolTip(category.colour)
            for column, item in enumerate(
                (number, colour, QTableWidgetItem(category.name), QTableWidgetItem(synonyms))
            ):
                self._table.setItem(row, column, item)
        self._table.blockSignals(False)

    def add_words(self, text: str) -> bool:
        """Add words typed or pasted; False if they were refused."""
        try:
            self._session.add(text)
        except OvsegError as error:
            self._tell(str(error))
            return False
        return True

    def _add(self) -> None:
        if self._entry.text().strip() and self.add_words(self._entry.text()):
            self._entry.clear()

    def _paste(self) -> None:
        self.add_words(QGuiApplication.clipboard().text())

    def _remove(self) -> None:
        rows = {index.row() for index in self._table.selectedIndexes()}
        self._session.remove([self._session.rows[row].id for row in rows])

    def keyPressEvent(self, event: object) -> None:  # noqa: N802
        """Paste a list with the ordinary key."""
        if event.matches(QKeySequence.StandardKey.Paste):  # type: ignore[attr-defined]
            self._paste()
        else:
            super().keyPressEvent(event)

    def _edited(self, item: QTableWidgetItem) -> None:
        category = self._session.rows[item.row()]
        try:
            if item.column() == NAME:
                others = tuple(q for q in category.queries if q != category.name)
                self._session.edit(category.id, name=item.text(), queries=(item.text(), *others))
            elif item.column() == QUERIES:
                words = tuple(w for w in item.text().split(",") if w.strip())
                self._session.edit(category.id, queries=(category.name, *words))
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
