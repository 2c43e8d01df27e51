"""Visible image layers encoded as the channels of one picture, in the real window."""

import numpy as np
import pytest

import napari_ovseg as ov
from napari_ovseg.channels import Channels
from napari_ovseg.gui.seen import seen
from napari_ovseg.working import working_image

pytestmark = pytest.mark.gui
RNG = np.random.default_rng(1)
SIDE, CELL, ZOOM = 8, 10, 4


def squares(largest=1000):
    values = RNG.integers(0, largest, (SIDE, SIDE)).astype(np.uint16)
    return np.kron(values, np.ones((CELL, CELL), np.uint16))


def add(viewer, name, colormap, **options):
    return viewer.add_image(
        squares(), name=name, colormap=colormap, contrast_limits=(50, 900), **options
    )


@pytest.mark.parametrize(
    "blendings",
    [
        ("additive", "additive", "additive"),
        ("translucent", "translucent", "additive"),
        ("translucent_no_depth", "additive", "minimum"),
        ("minimum", "minimum", "translucent_no_depth"),
        ("additive", "multiplicative", "additive"),
    ],
)
def test_the_encoder_sees_the_screen(widget, blendings):
    viewer = widget.viewer
    viewer.window.resize(1400, 900)  # the canvas must show all of it
    viewer.theme = "dark"
    for name, mode, opacity in zip(
        ("blue", "green", "magma"), blendings, (1.0, 0.7, 0.5), strict=True
    ):
        add(
            viewer,
            name,
            name,
            blending=mode,
            opacity=opacity,
            gamma=0.6 if name == "green" else 1.2,
        )
    hidden = add(viewer, "hidden", "red")
    hidden.visible = False
    source = viewer.layers["green"]
    camera = viewer.scene.camera
    camera.center, camera.zoom = (SIDE * CELL / 2 - 0.5,) * 2, ZOOM
    screen = viewer.screenshot(flash=False)[..., :3] / 255
    image, display = seen(source, widget.pictures.images())
    assert [c.name for c in display.channels] == ["blue", "green", "magma"]
    recipe = ov.Recipe(display=display, working_size=ov.WorkingSize(magnification=1))
    encoded = working_image(image, recipe).permute(1, 2, 0).numpy()
    places = (np.arange(SIDE) + 0.5) * CELL
    rows, columns = (
        np.rint(n / 2 + (places - SIDE * CELL / 2) * ZOOM).astype(int) for n in screen.shape[:2]
    )
    inside = places.astype(int)
    assert np.allclose(screen[np.ix_(rows, columns)], encoded[np.ix_(inside, inside)], atol=0.02)


def test_one_box_encodes_all_visible_layers_and_changes_are_told(widget, finish, settle):
    viewer = widget.viewer
    blue = add(viewer, "DAPI", "blue", blending="additive")
    green = add(viewer, "GFP", "green", blending="additive")
    widget.form.choose_image(blue)
    widget.words.add_words("cell nucleus; background")
    widget.form.together.click()
    assert widget.form.display.text() == "2 layers as they are blended: DAPI, GFP"
    finish(widget)
    layer = widget.pictures.labels_of(blue)
    recipe = ov.Recipe.from_toml(layer.metadata["ovseg"]["recipe"])
    assert isinstance(recipe.display, Channels)
    assert [c.name for c in recipe.display.channels] == ["DAPI", "GFP"]
    labels = layer.data.copy()
    same = ov.segment(*_files(blue, green), recipe)
    assert (same.labels.ids == labels).all()
    for change, back in (
        (lambda: setattr(green, "gamma", 0.3), lambda: setattr(green, "gamma", 1.0)),
        (lambda: setattr(green, "opacity", 0.4), lambda: setattr(green, "opacity", 1.0)),
        (lambda: setattr(green, "visible", False), lambda: setattr(green, "visible", True)),
        (widget.form.together.click, widget.form.together.click),
    ):
        widget.panel.message.setText("")
        change()
        settle(widget)
        assert "Segment encodes again" in widget.panel.message.text()
        back()
        settle(widget)
        assert "Segment encodes again" not in widget.panel.message.text()
        assert (layer.data == labels).all()


def _files(*layers):
    from napari_ovseg.composite import together

    images = [ov.Image.of(layer.data) for layer in layers]
    return together(images, [layer.name for layer in layers]), ov.Vocabulary.parse(
        "cell nucleus; background"
    )


def test_layers_that_do_not_fit_are_told(widget):
    source = add(widget.viewer, "DAPI", "blue")
    colour = widget.viewer.add_image(np.zeros((80, 80, 3), np.uint8), name="photo")
    widget.form.choose_image(source)
    widget.form.together.click()
    assert "'photo' cannot be a channel beside 'DAPI'" in widget.form.display.text()
    colour.visible = False
    assert widget.form.display.text() == "1 layers as they are blended: DAPI"
    moved = add(widget.viewer, "GFP", "green", translate=(4, 0))
    widget.form.choose_image(source)
    assert "'GFP' does not lie where 'DAPI' lies" in widget.form.display.text()
    widget.words.add_words("cell")
    widget.segment()
    assert "does not lie where" in widget.panel.message.text()
    moved.visible = source.visible = False
    assert "is hidden" in widget.form.display.text()


def test_another_order_of_layers_is_told(widget):
    for name, colour in (("first", "red"), ("second", "green")):
        add(widget.viewer, name, colour, blending="additive")
    widget.form.together.setChecked(True)
    before = widget.form.display.text()
    assert before.index("first") < before.index("second")
    widget.viewer.layers.move(0, 2)
    after = widget.form.display.text()
    assert after.index("second") < after.index("first")
