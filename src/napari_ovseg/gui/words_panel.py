"""The table of categories with what fills it: typed words, the clipboard, files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtGui import QGuiApplication, QKeySequence
from qtpy.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QInputDialog,
    QLineEdit,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_ovseg import ready
from napari_ovseg.errors import OvsegError
from napari_ovseg.gui.category_details import CategoryDetails
from napari_ovseg.gui.replacement import Replacement
from napari_ovseg.gui.vocabulary_table import VocabularyTable
from napari_ovseg.vocabulary_files import load_vocabulary, save_vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_ovseg.gui.session import Session
    from napari_ovseg.vocabulary import Vocabulary

UNLABELLED = "unlabelled"
ADD, REPLACE = "add these, with new ids", "put these in their place"
_FILES = "Vocabularies (*.toml *.csv)"


class WordsPanel(QWidget):
    """Shows and changes the words of a session.

    Parameters
    ----------
    session
        Whose words.
    tell
        Shows what was refused.
    uses
        How many pixels of all pictures have the id of a category.
    give
        Gives the pixels of one category to another, or to none (0).

    Attributes
    ----------
    adoption_wanted
        Emitted when a labels layer shall become the labels of the image.
    awaited
        Emitted when words are to be typed into `entry`.
    """

    adoption_wanted = Signal()
    awaited = Signal()

    def __init__(
        self,
        session: Session,
        tell: Callable[[str], None],
        uses: Callable[[int], int],
        give: Callable[[int, int], None],
    ) -> None:
        super().__init__()
        self.setObjectName("ovseg_vocabulary")
        self._session, self._tell, self._uses, self._give = session, tell, uses, give
        self._replacement = Replacement(self, session, uses, give)
        self.table = VocabularyTable(session, tell)
        self.details = CategoryDetails(session, tell, self)
        self.table.itemSelectionChanged.connect(self._choose_details)
        self.entry = QLineEdit()
        self.entry.setObjectName("ovseg_words")
        self.entry.setPlaceholderText("add words:  nucleus, cell nucleus; cytoplasm; background")
        self.entry.setToolTip(
            "A semicolon between categories, a comma between synonyms; Enter adds them."
        )
        self.entry.returnPressed.connect(self._add)
        session.add_wanted.connect(self._await_words)
        self.destroyed.connect(
            lambda _gone=None: session.add_wanted.disconnect(self._await_words, missing_ok=True)
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)
        layout.addWidget(self.entry)
        layout.addLayout(self._buttons())

    def _buttons(self) -> QGridLayout:
        grid = QGridLayout()
        for place, (name, text, slot, tip) in enumerate((
            ("ovseg_add", "Add", self._add, "Add the words typed above"),
            ("ovseg_remove", "Remove", self.remove, "Remove the selected categories"),
            ("ovseg_up", "Up", self._up, "Move the selected category up; its id stays"),
            ("ovseg_paste", "Paste list", self._paste, "Add words from the clipboard"),
            ("ovseg_open_words", "Open…", self._open, "Take the words of a TOML or CSV file"),
            ("ovseg_save_words", "Save…", self._save, "Write the words to a TOML or CSV file"),
            ("ovseg_adopt", "Adopt labels…", self.adoption_wanted.emit,
             "Make a labels layer, opened or drawn, the labels of this image; its ids stay"),
            ("ovseg_show_details", "Details…", self._show_details,
             "Role, definition and smallest size of the selected category"),
        )):  # fmt: skip
            button = QPushButton(text)
            button.setObjectName(name)
            button.setToolTip(tip)
            button.clicked.connect(lambda _checked=False, act=slot: act())
            grid.addWidget(button, place // 3, place % 3)
        grid.addWidget(self._ready_button(), 2, 2)
        return grid

    def _ready_button(self) -> QPushButton:
        button = QPushButton("Ready words")
        button.setObjectName("ovseg_ready")
        button.setToolTip("Words for common jobs, by kind of image")
        menu = QMenu(button)
        for domain, titles in ready.titles().items():
            group = menu.addMenu(domain)
            for name, title in titles.items():
                action = group.addAction(title, partial(self.take_ready, name))
                action.setToolTip(", ".join(c.name for c in ready.ready(name)))
            group.setToolTipsVisible(True)
        button.setMenu(menu)
        return button

    def take_ready(self, name: str) -> None:
        """Take ready words; where there are words already, ask what becomes of those."""
        words = ready.ready(name)
        if self._session.rows:
            answer, agreed = QInputDialog.getItem(
                self, "Ready words", "The table holds words already:", [ADD, REPLACE], 0, False
            )
            if not agreed:
                return
            if answer == ADD:
                self._tried(lambda: self._session.extend(words))
                return
        self._tried(lambda: self._replacement.run(words))

    def add_words(self, text: str) -> bool:
        """Add words typed or pasted; False if they were refused."""
        return self._tried(lambda: self._session.add(text))

    def _tried(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except OvsegError as error:
            self._tell(str(error))
            return False
        return True

    def _add(self) -> None:
        if self.entry.text().strip() and self.add_words(self.entry.text()):
            self.entry.clear()

    def _await_words(self) -> None:
        self.entry.setFocus()
        self.awaited.emit()

    def _paste(self) -> None:
        self.add_words(QGuiApplication.clipboard().text())

    def _choose_details(self) -> None:
        self.details.choose(next(iter(self.table.selected()), 0))

    def _show_details(self) -> None:
        self.details.show()
        self.details.raise_()

    def _up(self) -> None:
        if chosen := self.table.selected():
            self._session.move(chosen[0], -1)
            self.table.select(chosen[0])

    def remove(self, chosen: Sequence[int] | None = None) -> None:
        """Remove categories; of one that has pixels, ask what they become."""
        for category_id in self.table.selected() if chosen is None else chosen:
            if not self._tried(partial(self._session.refuse_locked, [category_id])):
                return
            heir = self._heir_of(category_id)
            if heir is None:
                return
            self._session.remove([category_id])
            self._give(category_id, heir)

    def _heir_of(self, category_id: int) -> int | None:
        """Ask which category gets the pixels of another: its id, 0 for none, None to cancel."""
        count = self._uses(category_id)
        if not count:
            return 0
        rows = {c.name: c.id for c in self._session.rows}
        name = next(n for n, i in rows.items() if i == category_id)
        others = [UNLABELLED, *(n for n, i in rows.items() if i != category_id)]
        chosen, agreed = QInputDialog.getItem(
            self, f"Remove {name}", f"{count:,} pixels are {name}. They become:", others, 0, False
        )
        return rows.get(chosen, 0) if agreed else None

    def _open(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open words", "", _FILES)
        if path:
            self.open_file(Path(path))

    def open_file(self, path: Path) -> bool:
        """Take the words of a file instead of those of the table; False if they were refused."""
        return self._tried(lambda: self._take_file(load_vocabulary(path)))

    def _take_file(self, words: Vocabulary) -> None:
        if any(c.id != w.id for c, w in zip(self._replacement.run(words), words, strict=False)):
            self._tell(
                "some of these words have other ids here than in the file, since labels have ids "
                "already; to have those of the file, open it before there are labels"
            )

    def _save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save words", "words.toml", _FILES)
        if path:
            self._tried(lambda: save_vocabulary(self._session.vocabulary(), Path(path)))

    def keyPressEvent(self, event: object) -> None:  # noqa: N802
        """Paste a list with the ordinary key."""
        if event.matches(QKeySequence.StandardKey.Paste):  # type: ignore[attr-defined]
            self._paste()
        else:
            super().keyPressEvent(event)
