"""Work is kept while one works, and comes back after a crash, in the real window."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tifffile
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.utils.colormaps import AVAILABLE_COLORMAPS, Colormap

import napari_ovseg as ov
from napari_ovseg.errors import InputError
from napari_ovseg.gui import keeper
from napari_ovseg.gui.display_state import display_state, show_as
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.gui.layers import new_labels
from napari_ovseg.gui.pictures import Pictures
from napari_ovseg.gui.reopening import image_of_project
from napari_ovseg.gui.samples import photograph
from napari_ovseg.gui.widget import OvsegWidget
from napari_ovseg.labels import Owner
from napari_ovseg.project import Project, Source, left_behind

pytestmark = pytest.mark.gui
WORDS = "brick, bricks; soil; 水"


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "scène 1.tif"
    tifffile.imwrite(path, photograph()[0][0][:120, :160])
    return path


@pytest.fixture
def labelled(widget, picture, finish, qtbot):
    """The window with a picture from a file, labelled, and kept once."""
    (source,) = widget.viewer.open(str(picture), plugin="napari")
    widget.words.add_words(WORDS)
    finish(widget)
    layer = widget.pictures.labels_of(source)
    qtbot.waitUntil(lambda: layer.visible and "kept at" in widget.project.state.text())
    return layer


def paint(layer, place):
    """Paint what is not there yet: what has the label already is claimed by the mouse alone."""
    layer.paint(place, int(layer.data[place]) % 3 + 1)


def folder_of(widget):
    (kept,) = widget.keeper.kept.values()
    return kept.project.folder


def settled(widget, qtbot):
    """Everything that was given to the keeper's thread is done and delivered."""
    qtbot.waitUntil(lambda: not widget.keeper._given, timeout=20_000)


def named(widget, qtbot):
    """The layer has the words of the table: that takes another turn of the window's loop."""
    words = widget.session.vocabulary().to_toml()
    (layer,) = widget.keeper.kept
    qtbot.waitUntil(lambda: layer.metadata["ovseg"]["vocabulary"] == words, timeout=20_000)


def test_what_was_painted_after_the_last_save_is_on_disk(widget, labelled, qtbot):
    paint(labelled, (20, 30))
    paint(labelled, (60, 30))
    folder, ids = folder_of(widget), labelled.data.copy()
    owner = editing_of(labelled).draft.owner.copy()
    widget.keeper.close()
    project, annotation, _ = Project.open(folder)
    project.close()
    assert (annotation.labels.ids == ids).all()
    assert (annotation.owner == owner).all()
    assert (owner == Owner.PERSON).sum() > 10


def test_a_save_is_due_after_a_while(widget, labelled, qtbot, monkeypatch):
    monkeypatch.setattr(keeper, "EVERY_S", 0.0)
    (kept,) = widget.keeper.kept.values()
    before = sorted(folder_of(widget).glob("generation-*"))
    settled(widget, qtbot)
    qtbot.wait(500)
    assert sorted(folder_of(widget).glob("generation-*")) == before  # nothing new was written
    kept._cost = 0.0
    paint(labelled, (20, 30))
    qtbot.waitUntil(
        lambda: sorted(folder_of(widget).glob("generation-*")) != before, timeout=20_000
    )


def test_words_colours_and_settings_are_kept_without_a_stroke(widget, labelled, qtbot):
    widget.session.edit(2, name="ground", colour="#123456", threshold=0.3)
    widget.session.lock(1, True)
    widget.session.show(3, False)
    widget.session.configure(method="vanilla")
    file = folder_of(widget) / "project.json"
    qtbot.waitUntil(lambda: '"ground"' in json.loads(file.read_text())["vocabulary"])
    told = json.loads(file.read_text())
    assert "#123456" in told["vocabulary"]
    assert "vanilla" in told["recipe"]
    assert told["state"]["locked"] == [1]
    assert told["state"]["hidden"] == [3]


def test_a_project_opens_with_image_labels_owners_words_and_settings(widget, labelled, qtbot):
    paint(labelled, (20, 30))
    widget.session.configure(method="vanilla", contrast=("sky",))
    widget.session.lock(1, True)
    widget.session.edit(2, name="ground")
    folder, ids = folder_of(widget), labelled.data.copy()
    owner = editing_of(labelled).draft.owner.copy()
    named(widget, qtbot)  # and at once the layer is removed
    forget(widget, qtbot)
    widget.keeper.open(folder)
    qtbot.waitUntil(lambda: len(widget.viewer.layers) == 2, timeout=20_000)
    layer = widget._chosen_labels()
    assert widget.turns.at_rest  # its labels follow no words that are theirs
    assert (layer.data == ids).all()
    assert (editing_of(layer).draft.owner == owner).all()
    assert [c.name for c in widget.session.rows] == ["brick", "ground", "水"]
    assert widget.session.recipe.method.name == "vanilla"
    assert widget.form.methods.method.currentText() == "vanilla"
    assert widget.form.contrast.text() == "sky"
    assert widget.session.locked == {1}
    widget.session.lock(1, False)
    paint(layer, (100, 100))
    widget.keeper.close()
    project, annotation, _ = Project.open(folder)
    project.close()
    assert (annotation.labels.ids != ids).any()
    assert (annotation.labels.ids == layer.data).all()


def forget(widget, qtbot):
    """As a window that has just been opened."""
    settled(widget, qtbot)
    widget.viewer.layers.clear()
    widget.session.set_rows([])
    widget.session.locked.clear()
    widget.session.configure(method="sclip", contrast=())
    settled(widget, qtbot)


def test_a_project_that_is_open_elsewhere_is_refused(widget, labelled, qtbot):
    folder = folder_of(widget)
    forget(widget, qtbot)
    elsewhere, _, _ = Project.open(folder)
    widget.keeper.open(folder)
    told = widget.panel.message
    qtbot.waitUntil(lambda: "is open already" in told.text(), timeout=20_000)
    assert not widget.viewer.layers
    elsewhere.close()


def test_a_project_whose_image_is_gone_says_so_and_stays(widget, labelled, picture, qtbot):
    folder = folder_of(widget)
    forget(widget, qtbot)
    picture.unlink()
    widget.keeper.open(folder)
    told = widget.panel.message
    qtbot.waitUntil(lambda: "neither open nor at" in told.text(), timeout=20_000)
    settled(widget, qtbot)
    project, annotation, _ = Project.open(folder)  # free again
    assert annotation.labels.ids.any()
    project.close()


def test_a_removed_layer_leaves_its_project_behind(widget, labelled, qtbot):
    paint(labelled, (20, 30))
    folder, ids = folder_of(widget), labelled.data.copy()
    widget.viewer.layers.remove(labelled)
    settled(widget, qtbot)
    project, annotation, _ = Project.open(folder)
    project.close()
    assert (annotation.labels.ids == ids).all()
    assert left_behind(folder.parent) == []


def test_another_folder_can_be_chosen(widget, labelled, tmp_path, projects, qtbot):
    widget.keeper.move(labelled, tmp_path)
    settled(widget, qtbot)
    assert folder_of(widget).parent == tmp_path
    assert list(projects.glob("*.elsewhere"))  # by which it is offered after a crash
    paint(labelled, (20, 30))
    ids = labelled.data.copy()
    widget.keeper.close()
    (folder,) = tmp_path.glob("*.ovseg")
    assert (Project.open(folder)[1].labels.ids == ids).all()
    assert not list(projects.glob("*.elsewhere"))


def test_a_folder_that_cannot_be_written_leaves_the_project_where_it_is(
    widget, labelled, tmp_path, qtbot
):
    folder = folder_of(widget)
    (tmp_path / "file").write_bytes(b"no folder")
    widget.keeper.move(labelled, tmp_path / "file")
    assert "is not kept there" in widget.panel.message.text()
    paint(labelled, (20, 30))
    ids = labelled.data.copy()
    assert folder_of(widget) == folder
    widget.keeper.close()
    assert (Project.open(folder)[1].labels.ids == ids).all()


def test_an_image_that_was_renamed_is_found_again(widget, labelled):
    (kept,) = widget.keeper.kept.values()
    kept.source.name = "sample 7"
    widget.keeper.close()
    project, annotation, _ = Project.open(kept.project.folder)
    assert project.source.name == annotation.name == "sample 7"
    project.close()


class Unreadable:
    """Two planes of a lazy image; it counts how often it is read, and can be gone."""

    shape, ndim, dtype, gone = (2, 120, 160), 3, np.dtype(np.uint16), False

    def __init__(self):
        self.read = 0

    def __getitem__(self, index):
        self.read += 1
        if self.gone:
            raise OSError("the file is gone")
        return np.zeros(self.shape, self.dtype)[index]

    def __array__(self, *_, **__):
        return self[...]


def test_a_lazy_image_is_not_read_while_nothing_happens(widget, labelled, qtbot):
    lazy = Unreadable()
    (kept,) = widget.keeper.kept.values()
    kept.source = ImageLayer(lazy, contrast_limits=(3, 40))
    kept.news(widget.session)
    assert lazy.read
    lazy.read = 0
    kept.news(widget.session)
    assert not lazy.read
    kept.source.contrast_limits = (3, 50)
    state = kept.news(widget.session).state
    assert not lazy.read  # what napari may have given it is known
    assert state["display"]["contrast_limits"] == [3, 50]
    gone = Unreadable()
    kept.source = ImageLayer(gone, contrast_limits=(3, 60))
    gone.read, gone.gone = 0, True
    state = kept.news(widget.session).state
    assert gone.read
    assert state["display"]["contrast_limits"] == [3, 60]


def test_what_goes_wrong_with_one_layer_keeps_no_other_from_being_saved(
    widget, labelled, qtbot, monkeypatch
):
    source = widget.viewer.add_image(np.zeros((8, 8), np.uint8), name="more")
    vocabulary = widget.session.vocabulary()
    labels = ov.LabelMap(np.ones((8, 8), np.uint16), vocabulary, ov.Grid.regular(2))
    widget.viewer.add_layer(new_labels(source, ov.Annotation("more", labels), ()))
    first, second = widget.keeper.kept.values()
    settled(widget, qtbot)

    def fail(*_):
        raise OSError("the file is gone")

    monkeypatch.setattr(first, "news", fail)
    widget.session.lock(1, True)
    widget.keeper._tick()
    assert widget.panel.message.text() == "OSError: the file is gone"
    assert second.news(widget.session) is None


def test_a_colormap_that_someone_made_comes_back():
    colours = [[0, 0, 0, 1], [0.25, 0.5, 1, 1]]
    image = ImageLayer(np.zeros((4, 4)), colormap=Colormap(colours, name="DAPI-lut"))
    shown = json.loads(json.dumps(display_state(image)))
    del AVAILABLE_COLORMAPS["DAPI-lut"]  # as after another start
    other = ImageLayer(np.zeros((4, 4)), colormap="viridis")
    show_as(other, {"display": {"gamma": 0.5, "colormap": "DAPI-lut"}})
    assert (other.gamma, other.colormap.name) == (0.5, "viridis")
    show_as(other, {"display": shown})
    assert other.colormap.name == "DAPI-lut"
    assert other.colormap.colors.tolist() == colours
    del AVAILABLE_COLORMAPS["DAPI-lut"]


def test_a_full_disk_is_told_once_and_work_goes_on(widget, labelled, qtbot, monkeypatch):
    asked = []

    def refuse(*args):
        asked.append(args)
        raise InputError("the disk is full")

    (kept,) = widget.keeper.kept.values()
    told = []
    monkeypatch.setattr(widget.keeper, "_tell", told.append)
    monkeypatch.setattr(keeper, "EVERY_S", 0.0)
    with monkeypatch.context() as full:
        full.setattr(kept.project, "save", refuse)
        for row in (20, 40, 60):
            kept._cost = 0.0
            asked.clear()
            paint(labelled, (row, 30))
            # It is tried again without another stroke, until it is saved.
            qtbot.waitUntil(lambda: len(asked) > 2, timeout=20_000)
    qtbot.waitUntil(lambda: not kept.written, timeout=20_000)
    settled(widget, qtbot)
    assert told == ["the disk is full"]


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
