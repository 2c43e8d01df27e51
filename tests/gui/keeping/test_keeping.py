"""Work in the window is kept in projects."""

import json

import pytest

from kept_work import folder_of, paint, settled
from napari_ovseg.gui import keeper
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.labels import Owner
from napari_ovseg.project import Project, left_behind

pytestmark = pytest.mark.gui


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
