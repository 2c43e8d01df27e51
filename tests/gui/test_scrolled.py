"""The dock in a low window: what has no room scrolls, and nothing is squeezed or cut."""

import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication, QLabel, QWidget

from napari_ovseg.gui.fold import Fold
from napari_ovseg.gui.scrolled import Messages, Scrolled
from napari_ovseg.gui.vocabulary_table import THRESHOLD

pytestmark = pytest.mark.gui

ERROR = "the weights of the guide are not here; fetch them, or choose the guide 'none'. " * 6
"""Seven lines, as wide as the dock is."""


@pytest.fixture
def unfolded(widget):
    """The dock at its fullest: all settings, a line of cost that wraps, words and a long error."""
    widget.words.add_words("; ".join(f"category {n}" for n in range(12)))
    widget.form.more.unfold()
    widget.form.methods.method.setCurrentText("gla_clip")
    widget.form.methods.cost.setText(
        "3 passes and guide and head, " + "memory of all windows, " * 3
    )
    widget.panel.message.setText(ERROR)
    return widget


def resize(widget, qtbot, height):
    window = widget.viewer.window._qt_window
    window.resize(1300, height)
    qtbot.waitUntil(lambda: window.height() == height)
    qtbot.wait(50)  # lines wrap anew, and that moves what is below them


def squeezed(owner):
    """Visible controls and labels that are lower than they ask to be."""
    least = {
        part: part.heightForWidth(part.width())
        if part.hasHeightForWidth()
        else part.minimumSizeHint().height()
        for part in owner.findChildren(QWidget)
        if part.isVisible() and part.objectName().startswith("ovseg_")
    }
    return [part.objectName() for part, height in least.items() if part.height() < height]


def cut(owner, around):
    """Visible parts that are not wholly within `around`."""
    inside = around.rect()
    return [
        part.objectName()
        for part in owner
        if not inside.contains(part.rect().translated(part.mapTo(around, QPoint(0, 0))))
    ]


@pytest.mark.parametrize("height", [890, 700])
def test_nothing_is_squeezed_in_a_low_window(unfolded, qtbot, height):
    resize(unfolded, qtbot, height)
    assert squeezed(unfolded) == []
    panel = unfolded.panel
    reachable = [panel.run_button, panel.cancel_button, panel.bar, unfolded.project.button]
    assert cut(reachable, unfolded) == []
    upper, told = unfolded.form.parent(), panel.message
    assert cut([unfolded.form.methods.guide], upper.parent()) == []
    assert cut([told], told.parent().parent()) == []  # nor does it scroll
    assert upper.width() <= upper.parent().width()


def test_words_that_are_asked_for_come_into_view(unfolded, qtbot):
    resize(unfolded, qtbot, 700)
    entry, seen = unfolded.words.entry, unfolded.form.parent().parent()
    assert cut([entry], seen)
    unfolded.session.add_wanted.emit()
    assert not cut([entry], seen)


def test_the_wheel_changes_no_setting_and_is_left_to_what_scrolls(unfolded, qtbot):
    resize(unfolded, qtbot, 700)
    form, table = unfolded.form, unfolded.words.table
    before = unfolded.session.recipe
    for control in (form.methods.method, form.methods.snap, table.cellWidget(0, THRESHOLD)):
        assert not turn_wheel(control)
    assert unfolded.session.recipe == before
    assert unfolded.session.rows[0].threshold == 0
    assert turn_wheel(form.parent().parent(), down=True)


def turn_wheel(control, down=False):
    """Return whether the control took it for itself."""
    middle, by = control.rect().center(), QPoint(0, -120 if down else 120)
    event = QWheelEvent(
        QPointF(middle), QPointF(control.mapToGlobal(middle)), QPoint(), by,
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(control, event)
    return event.isAccepted()


def test_messages_are_as_high_as_their_lines_as_long_as_there_is_room(qtbot):
    told = QLabel("one line")
    told.setWordWrap(True)
    messages = Messages(told, least=40)
    qtbot.addWidget(messages)
    messages.resize(200, 300)
    one = messages.sizeHint().height()
    told.setText("many words " * 60)
    assert messages.sizeHint().height() > 5 * one
    assert messages.minimumSizeHint().height() == 40
    messages.resize(400, 300)
    wide = messages.sizeHint().height()
    messages.resize(200, 300)
    assert messages.sizeHint().height() > wide


def test_what_is_folded_away_takes_no_room(qtbot):
    content = QLabel("several\nlines")
    fold = Fold("fold", "tip", content)
    page = Scrolled(fold, least=10)
    qtbot.addWidget(page)
    page.show()
    folded = fold.sizeHint().height()
    told = []
    fold.toggled.connect(told.append)
    fold.tell("the settings")
    fold.button.click()
    assert fold.sizeHint().height() >= folded + content.sizeHint().height()
    assert fold.button.text() == "▾ the settings"
    fold.button.click()
    assert fold.sizeHint().height() == folded
    assert fold.button.text() == "▸ the settings"
    assert told == [True, False]


def test_a_changed_method_is_not_called_by_the_name_of_a_preset(widget):
    assert widget.form.more.button.text().startswith("▸ balanced, sclip")
    widget.form.methods.method.setCurrentText("naclip")
    assert widget.form.more.button.text().startswith("▸ custom, naclip")
