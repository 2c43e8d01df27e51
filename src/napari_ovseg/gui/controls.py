"""Qt controls as this widget has them: named, with a tip, no wider than they must be."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from napari.settings import get_settings
from napari.utils.theme import get_theme
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import signals_blocked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@contextmanager
def silent(*controls: QObject) -> Iterator[None]:
    """Let controls tell nobody of what is set meanwhile."""
    with ExitStack() as stack:
        for control in controls:
            stack.enter_context(signals_blocked(control))
        yield


def row(*widgets: QWidget) -> QHBoxLayout:
    """Put widgets side by side."""
    layout = QHBoxLayout()
    for widget in widgets:
        layout.addWidget(widget)
    return layout


def column(*parts: QWidget | QLayout) -> QVBoxLayout:
    """Put parts below each other; hidden ones take no room."""
    layout = QVBoxLayout()
    for part in parts:
        (layout.addWidget if isinstance(part, QWidget) else layout.addLayout)(part)
    return layout


def form(owner: QWidget, *rows: tuple[str | None, QWidget | QLayout]) -> None:
    """Lay labels and controls out in two columns; without a label both are the control's."""
    layout = QFormLayout(owner)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    for text, field in rows:
        if text is None:
            layout.addRow(field)
            continue
        label = QLabel(text)
        label.setMinimumWidth(LABELS)
        layout.addRow(label, field)


LABELS = 64
"""Width of the labels, px, so that one form stands in line with the next."""


def link_colour() -> str:
    """Return the colour of text; Qt's own of links is dark blue, unreadable on a dark theme."""
    return str(get_theme(get_settings().appearance.theme).text.as_hex())


def combo(name: str, items: Sequence[str], tip: str) -> QComboBox:
    """Make a list to choose from."""
    box = QComboBox()
    box.setObjectName(name)
    box.setToolTip(tip)
    box.addItems(list(items))
    box.setMinimumContentsLength(10)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    leave_wheel(box)
    return box


def push_button(name: str, text: str, tip: str) -> QPushButton:
    """Make a button with its text."""
    button = QPushButton(text)
    button.setObjectName(name)
    button.setToolTip(tip)
    return button


def small_button(name: str, tip: str) -> QPushButton:
    """Make a button beside a control, for more of the same."""
    button = QPushButton("…")
    button.setObjectName(name)
    button.setToolTip(tip)
    button.setMaximumWidth(32)
    return button


def label(name: str, text: str = "") -> QLabel:
    """Make a line to read, which wraps."""
    made = QLabel(text)
    made.setObjectName(name)
    made.setWordWrap(True)
    return made


def spin(
    name: str,
    tip: str,
    largest: float,
    at_least: str = "off",
    suffix: str = "",
    smallest: float = 0.0,
) -> QDoubleSpinBox:
    """Make a number whose smallest value means what `at_least` says."""
    made = QDoubleSpinBox()
    made.setObjectName(name)
    made.setToolTip(tip)
    made.setRange(smallest, largest)
    made.setSingleStep(0.25)
    made.setSpecialValueText(at_least)
    made.setSuffix(suffix)
    leave_wheel(made)
    return made


def leave_wheel(control: QWidget) -> None:
    """Leave the wheel to what scrolls around a control, which else would be changed by it."""
    control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    control.installEventFilter(_PassesWheel(control))


class _PassesWheel(QObject):
    """Sends the wheel on to the parent of what it is installed in."""

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802  # Qt's name
        is_wheel = bool(event.type() == QEvent.Type.Wheel)
        if is_wheel:
            event.ignore()
        return is_wheel
