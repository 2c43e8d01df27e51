"""Licence and training data of the model that is chosen, in a line below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QLabel

from napari_ovseg.backbones._terms import Terms, terms_of

if TYPE_CHECKING:
    from qtpy.QtWidgets import QComboBox


class TermsLine(QLabel):
    """Says what the weights may be used for; the starter's are part of the program.

    Parameters
    ----------
    model
        Where a name is chosen or typed.
    """

    def __init__(self, model: QComboBox) -> None:
        super().__init__()
        self.setObjectName("ovseg_terms")
        self.setToolTip("Licence and training data of the model's weights")
        self.setWordWrap(True)
        self._model = model
        model.currentTextChanged.connect(self.refresh)

    def refresh(self) -> None:
        """Look up the name again; a line about nothing is hidden."""
        name = self._model.currentText().strip()
        terms = Terms() if name == "starter" else terms_of(name)
        self.setText(f"licence: {terms}")
        self.setVisible(terms != Terms())
