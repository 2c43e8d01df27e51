"""What of a category is set rarely: role, definition, smallest size; in a window of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from qtpy.QtWidgets import QDialog, QLineEdit, QSpinBox

from napari_ovseg.errors import OvsegError
from napari_ovseg.gui.controls import combo, form, label, silent
from napari_ovseg.vocabulary import MAX_SIZE, Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtWidgets import QWidget

    from napari_ovseg.gui.session import Session


class CategoryDetails(QDialog):
    """Shows one category of a session, and stays open beside the picture.

    Parameters
    ----------
    session
        Whose category.
    tell
        Shows what was refused.
    """

    def __init__(self, session: Session, tell: Callable[[str], None], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("ovseg_details")
        self.setMinimumWidth(340)
        self._session, self._tell = session, tell
        self._id = 0
        self.role = combo(
            "ovseg_role",
            get_args(Role),
            "Things can be counted, stuff cannot; what reaches no threshold becomes background, "
            "and contrast words are not used with one",
        )
        self.definition = QLineEdit()
        self.definition.setObjectName("ovseg_definition")
        self.definition.setToolTip(
            "What it looks like, in one sentence, for methods that read one; the lexicon's if empty"
        )
        self.min_size = QSpinBox()
        self.min_size.setObjectName("ovseg_min_size")
        self.min_size.setToolTip(
            "The model's objects of fewer pixels become the next best category; yours stay"
        )
        self.min_size.setRange(0, MAX_SIZE)
        self.min_size.setSpecialValueText("any")
        self.min_size.setSuffix(" px")
        self.min_size.setKeyboardTracking(False)
        self.words = label("ovseg_details_words")
        form(
            self,
            ("words", self.words),
            ("role", self.role),
            ("definition", self.definition),
            ("smallest", self.min_size),
        )
        self.layout().setContentsMargins(9, 9, 9, 9)
        self.role.currentTextChanged.connect(lambda text: self._edit(role=text))
        self.definition.editingFinished.connect(
            lambda: self._edit(definition=self.definition.text().strip())
        )
        self.min_size.valueChanged.connect(lambda value: self._edit(min_size=value))
        session.changed.connect(self._show)
        self.destroyed.connect(
            lambda _gone=None: session.changed.disconnect(self._show, missing_ok=True)
        )
        self._show()

    def choose(self, category_id: int) -> None:
        """Show this category; 0 for none."""
        self._id = category_id
        self._show()

    def _show(self) -> None:
        category = next((c for c in self._session.rows if c.id == self._id), None)
        controls = (self.role, self.definition, self.min_size)
        for control in controls:
            control.setEnabled(category is not None)
        with silent(*controls):
            self.setWindowTitle(category.name if category else "No category is selected")
            self.words.setText(", ".join(category.queries) if category else "")
            self.role.setCurrentText(category.role if category else "thing")
            self.min_size.setValue(category.min_size if category else 0)
            text = category.definition if category else ""
            if self.definition.text().strip() != text:  # a space is being typed
                self.definition.setText(text)

    def _edit(self, **values: object) -> None:
        category = next((c for c in self._session.rows if c.id == self._id), None)
        if category is None or all(getattr(category, k) == v for k, v in values.items()):
            return
        try:
            self._session.edit(self._id, **values)
        except OvsegError as error:
            self._tell(str(error))
            self._show()
