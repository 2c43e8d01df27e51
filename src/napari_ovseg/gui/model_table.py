"""The list of models: what there is and what is here, with a line to find in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

if TYPE_CHECKING:
    from napari_ovseg.backbones.catalogue import Entry

COLUMNS = ("model", "size", "patch", "here", "licence of the weights", "trained on")


class ModelTable(QWidget):
    """Entries of the catalogue, those that are here first.

    Attributes
    ----------
    chosen_changed
        Emitted when another row is selected.
    """

    chosen_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[Entry] = []
        self.search = QLineEdit()
        self.search.setObjectName("ovseg_models_search")
        self.search.setPlaceholderText("find:  SigLIP2, MIT, guide, here …")
        self.search.textChanged.connect(self._filter)
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setObjectName("ovseg_models_table")
        self.table.setHorizontalHeaderLabels(list(COLUMNS))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.verticalHeader().setVisible(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        self.table.itemSelectionChanged.connect(self.chosen_changed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.search)
        layout.addWidget(self.table)

    def show_entries(self, entries: list[Entry]) -> None:
        """Fill the list; the chosen model stays chosen."""
        chosen = self.chosen
        self._entries = sorted(entries, key=lambda entry: not entry.here)
        self.table.setRowCount(len(entries))
        for number, entry in enumerate(self._entries):
            for column, text in enumerate(_cells(entry)):
                self.table.setItem(number, column, QTableWidgetItem(text))
        self._filter(self.search.text())
        if chosen is not None:
            self.choose(chosen.name)

    @property
    def chosen(self) -> Entry | None:
        """The selected entry."""
        rows = self.table.selectionModel().selectedRows()
        return self._entries[rows[0].row()] if rows else None

    def choose(self, name: str) -> None:
        """Select a model by name, if it is listed."""
        for number, entry in enumerate(self._entries):
            if entry.name == name:
                self.table.selectRow(number)

    def _filter(self, text: str) -> None:
        wanted = text.lower().split()
        for number, entry in enumerate(self._entries):
            told = f"{' '.join(_cells(entry))} {'here' * entry.here}".lower()
            self.table.setRowHidden(number, not all(word in told for word in wanted))


def _cells(entry: Entry) -> tuple[str, ...]:
    return (
        f"{entry.name}   (guide)" if entry.guide else entry.name,
        f"{entry.megabytes:.0f} MB",
        f"{entry.patch} px" if entry.patch else "",
        "yes" if entry.here else "",
        entry.terms.licence,
        entry.terms.trained_on,
    )
