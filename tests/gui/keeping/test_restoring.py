"""After a crash the next start offers what was kept."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from napari.components import ViewerModel

import napari_ovseg as ov
from kept_work import WORDS, folder_of, settled
from napari_ovseg.errors import InputError
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.gui.pictures import Pictures
from napari_ovseg.gui.reopening import image_of_project
from napari_ovseg.gui.widget import OvsegWidget
from napari_ovseg.labels import Owner
from napari_ovseg.project import Project, Source, left_behind

pytestmark = pytest.mark.gui


KILLED = """
import sys, time
import napari
from qtpy.QtWidgets import QApplication
from napari_ovseg.gui.widget import OvsegWidget

viewer = napari.Viewer(show=True)
widget = OvsegWidget(viewer)
viewer.window.add_dock_widget(widget)
(source,) = viewer.open(sys.argv[1], plugin="napari")
widget.words.add_words(sys.argv[2])
widget.segment()

def live(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.005)

while widget.runner.running or "kept at" not in widget.project.state.text():
    live(0.05)
layer = widget.pictures.labels_of(source)
while not layer.visible:
    live(0.05)
(kept,) = widget.keeper.kept.values()
for number in range(1000):
    place = number % 120, 7 * number % 160
    layer.paint(place, int(layer.data[place]) % 3 + 1)
    kept.project.flush()
    print(number, layer.data[place], flush=True)
    live(0.02)
"""


def test_after_a_kill_the_next_start_offers_to_restore_and_nothing_is_lost(
    picture, projects, qtbot, make_napari_viewer
):
    environment = {**os.environ, "OVSEG_PROJECTS": str(projects)}
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", KILLED, str(picture), WORDS],
        stdout=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    painted = [process.stdout.readline() for _ in range(25)]
    process.send_signal(signal.SIGKILL)
    process.wait()
    painted += [line for line in process.stdout if line.endswith("\n")]
    process.stdout.close()
    viewer = make_napari_viewer(show=True)
    second = OvsegWidget(viewer)
    viewer.window.add_dock_widget(second, name="second")
    qtbot.waitUntil(second.project.offer.isVisible, timeout=20_000)
    assert "scène 1" in second.project.offer.text()
    second.project.offer.linkActivated.emit("restore 0")
    qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=20_000)
    assert not second.project.offer.isVisible()
    layer = second._chosen_labels()
    owner = editing_of(layer).draft.owner
    places = [(n % 120, 7 * n % 160) for n in range(len(painted))]
    assert all(owner[place] == Owner.PERSON for place in places)
    assert layer.data[places[-1]] == int(painted[-1].split()[1])
    second.keeper.close()
    deadline = time.monotonic() + 10
    while left_behind(projects) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left_behind(projects) == []


def test_what_is_left_alone_is_not_offered_again(widget, labelled, qtbot):
    folder = folder_of(widget)
    widget.keeper.close()
    (folder / ".lock.json").write_text('{"pid": 1, "host": "h"}')
    (left,) = left_behind(folder.parent)
    widget.project._show_left([left])
    assert widget.project.offer.isVisible()
    widget.project.offer.linkActivated.emit("leave 0")
    assert not widget.project.offer.isVisible()
    assert left_behind(folder.parent) == []
    assert np.any(Project.open(folder)[1].labels.ids)


def test_what_cannot_be_restored_yet_is_offered_until_its_image_is_open(
    widget, projects, qtbot, monkeypatch
):
    told = []
    settled(widget, qtbot)  # it has looked for what was left
    monkeypatch.setattr(widget.keeper, "_tell", told.append)
    words, grid = ov.Vocabulary.parse(WORDS), ov.Grid.regular(2)
    ids = np.full((30, 40), 2, np.uint16)
    annotation = ov.Annotation("sample", ov.LabelMap(ids, words, grid))
    source = Source("", "sample", (30, 40))
    Project.create(projects / "a", annotation, {}, source=source).close()
    (projects / "a" / ".lock.json").write_text('{"pid": 1, "host": "h"}')
    widget.project._show_left(left_behind(projects))
    widget.project.offer.linkActivated.emit("restore 0")
    qtbot.waitUntil(lambda: bool(told), timeout=20_000)
    assert "neither open nor at" in told[0]
    settled(widget, qtbot)
    assert widget.project.offer.isVisible()
    assert [left.folder for left in left_behind(projects)] == [projects / "a"]
    image = widget.viewer.add_image(np.zeros((30, 40), np.uint8), name="sample")
    widget.project.offer.linkActivated.emit("restore 0")
    qtbot.waitUntil(lambda: widget.pictures.labels_of(image) is not None, timeout=20_000)
    assert (widget.pictures.labels_of(image).data == 2).all()
    assert not widget.project.offer.isVisible()
    assert left_behind(projects) == []  # this window has it


def test_work_on_a_file_that_napari_cannot_open_is_restored_once_its_plugin_has(
    widget, projects, tmp_path, qtbot, monkeypatch
):
    told = []
    settled(widget, qtbot)
    monkeypatch.setattr(widget.keeper, "_tell", told.append)
    (tmp_path / "sample.xyz").write_bytes(b"a microscope's own")
    ids = np.full((30, 40), 2, np.uint16)
    labels = ov.LabelMap(ids, ov.Vocabulary.parse(WORDS), ov.Grid.regular(2))
    source = Source(str(tmp_path / "sample.xyz"), "sample", (30, 40))
    Project.create(projects / "a", ov.Annotation("sample", labels), {}, source=source).close()
    widget.keeper.open(projects / "a")
    qtbot.waitUntil(lambda: bool(told), timeout=20_000)
    assert "open it with its plugin, then the project again" in told[0]
    image = widget.viewer.add_image(np.zeros((30, 40), np.uint8), name="sample")
    settled(widget, qtbot)
    widget.keeper.open(projects / "a")
    qtbot.waitUntil(lambda: widget.pictures.labels_of(image) is not None, timeout=20_000)
    assert len(told) == 1


def test_of_the_channels_of_a_file_the_labelled_one_gets_its_labels_back(viewer_of, tmp_path):
    viewer, pictures = viewer_of("DAPI", "GFP")
    path = tmp_path / "two.tif"
    path.touch()
    source = Source(str(path), "GFP", (30, 40))
    assert image_of_project(source, viewer, pictures, of_folder=False).name == "GFP"
    assert [layer.name for layer in viewer.layers] == ["DAPI", "GFP"]
    viewer, pictures = viewer_of("DAPI", "GFP")
    with pytest.raises(InputError, match="holds 2 images of shape"):
        image_of_project(Source(str(path), "old name", (30, 40)), viewer, pictures, of_folder=False)
    viewer, pictures = viewer_of("two")
    renamed = image_of_project(
        Source(str(path), "old name", (30, 40)), viewer, pictures, of_folder=False
    )
    assert renamed.name == "old name"


@pytest.fixture
def viewer_of(monkeypatch):
    """A viewer whose reader gives these channels for any file."""

    def make(*channels):
        viewer = ViewerModel()
        black = np.zeros((30, 40), np.uint8)

        def read(_self, _path):
            return [viewer.add_image(black, name=name) for name in channels]

        monkeypatch.setattr(ViewerModel, "open", read)
        return viewer, Pictures(viewer, lambda: None)

    return make


ENDED = """
import sys
import napari
from qtpy.QtCore import QTimer
from napari_ovseg.gui.widget import OvsegWidget

viewer = napari.Viewer(show=True)
widget = OvsegWidget(viewer)
viewer.window.add_dock_widget(widget)
viewer.open(sys.argv[1], plugin="napari")
widget.words.add_words(sys.argv[2])
widget.segment()

def end():
    if widget.project.state.text():
        viewer.close()
    else:
        QTimer.singleShot(50, end)

end()
napari.run()
print("ended")
"""


def test_a_window_that_is_closed_leaves_nothing_to_restore(picture, projects):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ENDED, str(picture), WORDS], text=True, check=True,
        capture_output=True, env={**os.environ, "OVSEG_PROJECTS": str(projects)}, timeout=120,
    )  # fmt: skip
    assert "ended" in done.stdout
    assert len(list(projects.iterdir())) == 1
    assert left_behind(projects) == []
