"""What the window says and asks before a run: table, sizes, settings, plugin."""

import subprocess
import sys

import numpy as np
import pytest
import tifffile
from qtpy.QtWidgets import QPushButton, QTableWidget

from napari_ovseg.gui.vocabulary_table import NAME, QUERIES
from noise import grey

pytestmark = pytest.mark.gui


def test_the_table_edits_names_and_synonyms(widget):
    widget.words.add_words("nucleus, cell nucleus; beta-actin")
    table = widget.findChild(QTableWidget, "ovseg_table")
    assert table.item(0, QUERIES).text() == "cell nucleus"
    table.item(1, NAME).setText("細胞")
    table.item(1, QUERIES).setText("cell, small cell")
    assert widget.session.rows[1].name == "細胞"
    assert widget.session.rows[1].queries == ("細胞", "cell", "small cell")
    table.item(1, NAME).setText("nucleus")
    assert widget.session.rows[1].name == "細胞"
    assert table.item(1, NAME).text() == "細胞"
    table.selectRow(0)
    widget.findChild(QPushButton, "ovseg_remove").click()
    assert [c.id for c in widget.session.rows] == [2]


def test_what_will_be_encoded_is_shown(widget):
    data = np.random.default_rng(0).integers(100, 4000, (64, 64)).astype(np.uint16)
    data[3, 3] = 65_535
    layer = widget.viewer.add_image(data)
    assert "until you set limits" in widget.form.display.text()
    assert "65535" not in widget.form.display.text()
    layer.contrast_limits = (200, 3000)
    assert widget.form.display.text().startswith("200 … 3000, as you set them")


def test_settings_reach_the_recipe(widget):
    widget.form.methods.method.setCurrentText("vanilla")
    widget.form.size.setValue(2.0)
    widget.form.domain.setCurrentText("microscopy")
    recipe = widget.session.recipe
    assert recipe.method.name == "vanilla"
    assert recipe.working_size.magnification == 2.0
    assert "tissue" in recipe.contrast
    widget.form.size.setValue(0.0)
    assert widget.session.recipe.working_size.magnification is None


def test_manifest_opens_the_widget_samples_and_writers(make_napari_viewer, tmp_path, npe2pm):
    from npe2 import PluginManifest

    manifest = PluginManifest.from_distribution("napari-ovseg")
    with npe2pm.tmp_plugin(manifest=manifest):
        viewer = make_napari_viewer()
        assert len(viewer.open_sample("napari-ovseg", "photograph")) == 1
        for sample in ("micrograph", "chest", "cracks", "scene"):
            image, truth = viewer.open_sample("napari-ovseg", sample)
            assert image.data.shape[:2] == truth.data.shape
            assert truth.data.max() < len(truth.features)
        for suffix in (".ome.tif", ".png"):
            written = truth.save(str(tmp_path / f"t{suffix}"), plugin="napari-ovseg")
            assert (tmp_path / f"t{suffix}").is_file()
            assert written
    assert (tifffile.imread(tmp_path / "t.ome.tif") == truth.data).all()


_OPEN = """
import sys, napari
from napari_ovseg.gui.widget import OvsegWidget
viewer = napari.Viewer(show=False)
widget = OvsegWidget(viewer)
viewer.window.add_dock_widget(widget)
print("torch" in sys.modules, "open_clip" in sys.modules)
viewer.close()
"""


def test_opening_the_widget_loads_no_model():
    done = subprocess.run(
        [sys.executable, "-c", _OPEN], capture_output=True, text=True, check=True, timeout=200
    )
    assert done.stdout.split()[-2:] == ["False", "False"]


def test_to_do_without_a_guide_is_for_the_user_to_say(widget, finish):
    source = widget.viewer.add_image(grey())
    widget.words.add_words("grass; gravel")
    methods = widget.form.methods
    assert methods.preset.currentText() == "balanced"
    assert not methods.guide.isEnabled()
    methods.method.setCurrentText("proxyclip")
    assert methods.preset.currentText() == "custom"
    assert methods.guide.currentText() == "dino_vitb8"
    assert "and guide" in methods.cost.text()
    finish(widget)
    assert "needs a guide" in widget.panel.message.text()
    assert widget.pictures.labels_of(source) is None
    methods.guide.setCurrentText("none")
    finish(widget)
    assert widget.pictures.labels_of(source) is not None
    methods.preset.setCurrentText("best")
    assert methods.method.currentText() == "itaclip"
    assert methods.cost.text().startswith("3 passes")
