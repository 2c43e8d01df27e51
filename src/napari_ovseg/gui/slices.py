"""Which slices of a stack a run labels: the one on screen, a range along an axis, or all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtWidgets import QLabel, QSpinBox, QWidget

from napari_ovseg.gui.controls import combo, form, row, silent

if TYPE_CHECKING:
    from napari_ovseg.image import Image

THIS, ALL = "this slice", "all slices"


class SliceRow(QWidget):
    """The choice; hidden while the image is no stack."""

    def __init__(self) -> None:
        super().__init__()
        self._shape: tuple[int, ...] | None = None
        self._axes: dict[str, int] = {}
        self.choice = combo(
            "ovseg_slices", (), "What Segment labels; of several, corrected ones are left alone"
        )
        self.first = _number("ovseg_first", "First slice of the range, counted as on the slider")
        self.last = _number("ovseg_last", "Last slice of the range, counted as on the slider")
        self._to = QLabel("to")
        form(self, ("slices", row(self.choice, self.first, self._to, self.last)))
        self.choice.currentTextChanged.connect(self._show_range)
        self.offer(None)

    def offer(self, image: Image | None) -> None:
        """Offer the slices of an image; a choice that still exists stays."""
        leading = image.shape[:-2] if image else ()
        axes = {
            f"range of {name}": axis
            for axis, name in enumerate(image.grid.axes[: len(leading)] if image else ())
            if leading[axis] > 1
        }
        if (leading, axes) == (self._shape, self._axes):
            return
        self._shape, self._axes = leading, axes
        chosen = self.choice.currentText()
        with silent(self.choice):
            self.choice.clear()
            self.choice.addItems([THIS, *axes, ALL])
            self.choice.setCurrentIndex(max(self.choice.findText(chosen), 0))
        self.setVisible(bool(axes))
        self._show_range()

    def planes(self, shown: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Index of every slice to label; the one on screen comes first, if it is among them."""
        choice = self.choice.currentText()
        if choice in self._axes:
            axis = self._axes[choice]
            ends = sorted((self.first.value(), self.last.value()))
            planes = [(*shown[:axis], at, *shown[axis + 1 :]) for at in range(ends[0], ends[1] + 1)]
        elif choice == ALL and self._axes:
            planes = list(np.ndindex(self._shape or ()))
        else:
            planes = [shown]
        return sorted(planes, key=lambda plane: plane != shown)

    def _show_range(self, _choice: str = "") -> None:
        axis = self._axes.get(self.choice.currentText())
        for part in (self.first, self._to, self.last):
            part.setVisible(axis is not None)
        if axis is not None and self._shape is not None:
            for box, value in ((self.first, 0), (self.last, self._shape[axis] - 1)):
                box.setRange(0, self._shape[axis] - 1)
                box.setValue(value)


def _number(name: str, tip: str) -> QSpinBox:
    box = QSpinBox()
    box.setObjectName(name)
    box.setToolTip(tip)
    box.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
    return box
