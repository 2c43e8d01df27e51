"""Work that is opened again goes to its own image, with its own words."""

import numpy as np
import pytest
from napari.layers import Image as ImageLayer
from PIL import Image

import napari_ovseg as ov
from napari_ovseg.errors import ExportError
from napari_ovseg.gui import layers
from napari_ovseg.gui.kept import source_of
from napari_ovseg.gui.reopening import image_of_project
from napari_ovseg.gui.widget import OvsegWidget
from napari_ovseg.project import Project

pytestmark = pytest.mark.gui

SHAPE = (30, 40)


def two_scans(tmp_path):
    """Files of one name and shape, of two people."""
    paths = []
    for name, value in (("p1", 10), ("p2", 200)):
        paths.append(tmp_path / name / "scan.png")
        paths[-1].parent.mkdir()
        Image.fromarray(np.full(SHAPE, value, np.uint8)).save(paths[-1])
    return paths


def labels_on(widget, value=1, words="nucleus; fibre"):
    """An image and labels of one category, in the window."""
    widget.session.set_rows(ov.Vocabulary.parse(words))
    image = widget.viewer.add_image(np.zeros(SHAPE, np.uint8), name="scan")
    ids = np.full(SHAPE, value, np.uint16)
    made = ov.LabelMap(ids, widget.session.vocabulary(), ov.Grid.regular(2))
    layer = layers.new_labels(image, ov.Annotation("scan", made), ())
    return image, widget.viewer.add_layer(layer)


def test_an_image_of_another_file_is_not_the_projects(widget, tmp_path):
    first, second = two_scans(tmp_path)
    (other,) = widget.viewer.open(second, plugin="napari")
    wanted = source_of(other)
    wanted = type(wanted)(str(first), wanted.name, wanted.shape)
    image = image_of_project(wanted, widget.viewer, widget.pictures, of_folder=False)
    assert image is not other
    assert image.data.max() == 10
    first.unlink()  # it was moved: what has its name may be it
    widget.viewer.layers.remove(image)
    image = image_of_project(wanted, widget.viewer, widget.pictures, of_folder=False)
    assert image is other


def test_a_photograph_of_a_folder_is_turned_as_it_was(widget, tmp_path):
    pixels = np.zeros((*SHAPE, 3), np.uint8)
    pixels[:10] = 250
    exif = Image.Exif()
    exif[0x0112] = 8  # lies on its side
    path = tmp_path / "photo.png"
    Image.fromarray(pixels).save(path, exif=exif)
    expected = ov.open_image(path)
    wanted = type(source_of(ImageLayer(pixels)))(str(path), "photo", expected.shape)
    image = image_of_project(wanted, widget.viewer, widget.pictures, of_folder=True)
    assert (np.asarray(image.data) == expected.read()).all()
    assert source_of(image) == wanted


def test_words_that_could_not_be_written_are_written_later(widget, qtbot, monkeypatch):
    _, layer = labels_on(widget)
    qtbot.waitUntil(
        lambda: layer in widget.keeper.kept and not widget.keeper._given, timeout=60_000
    )
    kept = widget.keeper.kept[layer]
    layer.metadata["ovseg"]["vocabulary"] = ov.Vocabulary.parse("cell; fibre").to_toml()

    def refuse(*_):
        raise ExportError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(kept.project, "describe", refuse)
        with pytest.raises(ExportError):
            kept.describe(kept.news(widget.session))
    kept.describe(kept.news(widget.session))
    assert kept.news(widget.session) is None


def test_typed_words_stay_beside_those_of_a_project(widget, qtbot):
    image, layer = labels_on(widget)
    qtbot.waitUntil(
        lambda: layer in widget.keeper.kept and not widget.keeper._given, timeout=60_000
    )
    folder = widget.keeper.kept[layer].project.folder
    widget.viewer.layers.clear()
    widget.session.set_rows(ov.Vocabulary.parse("vessel; Nucleus"))
    qtbot.waitUntil(lambda: not widget.keeper._given, timeout=60_000)
    widget.viewer.add_layer(image)
    widget.keeper.open(folder)
    qtbot.waitUntil(lambda: widget.pictures.labels_of(image) is not None, timeout=60_000)
    rows = [(c.id, c.name) for c in widget.session.rows]
    assert rows == [(1, "nucleus"), (2, "fibre"), (3, "vessel")]


def test_a_new_word_is_no_name_of_pixels_that_have_none(widget, qtbot):
    image, layer = labels_on(widget)
    layer.paint((5, 5), 7)
    widget.words.add_words("vessel")
    assert [c.id for c in widget.session.rows] == [1, 2, 8]
    qtbot.waitUntil(
        lambda: layer in widget.keeper.kept and not widget.keeper._given, timeout=60_000
    )
    folder = widget.keeper.kept[layer].project.folder
    widget.keeper.close()
    project, annotation, _ = Project.open(folder)
    project.close()
    assert {c.id: c.name for c in annotation.labels.vocabulary}[7] == "category 7"
    assert image in widget.viewer.layers


def test_what_was_hidden_stays_hidden_when_the_dock_is_opened_again(widget, qtbot):
    _, layer = labels_on(widget)
    widget.session.show(2, False)
    qtbot.waitUntil(lambda: list(layer.metadata["ovseg"].get("hidden", ())) == [2], timeout=60_000)
    again = OvsegWidget(widget.viewer)
    qtbot.addWidget(again)
    assert again.session.hidden == {2}
    again.keeper.close()


@pytest.mark.parametrize("elsewhere", [True, False])
def test_labels_of_a_run_do_not_take_the_brush_away(widget, finish, elsewhere):
    mine, painted = labels_on(widget)
    other = widget.viewer.add_image(np.zeros(SHAPE, np.uint8), name="other")
    widget.form.choose_image(other)
    widget.viewer.layers.selection.active = painted
    if elsewhere:  # who goes to another image while a run is under way
        going_on = widget.pictures.going_on
        widget.pictures.going_on = lambda source: widget.form.choose_image(mine) or going_on(source)
    widget.form.choose_image(other)
    finish(widget)
    made = widget.pictures.labels_of(other)
    assert widget.viewer.layers.selection.active is (painted if elsewhere else made)
    assert widget.form.chosen_image() is (mine if elsewhere else other)
