"""Between layers and the engine's types; no window is opened."""

from types import SimpleNamespace

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image, Labels

import napari_ovseg as ov
from napari_ovseg.gui import layers
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.gui.places import grid_of
from napari_ovseg.gui.session import Session
from napari_ovseg.labels import Owner
from napari_ovseg.progress import run

TURN = np.array([[1, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]])
WORDS = ov.Vocabulary.parse("nucleus, cell nucleus; cytoplasm")


def annotation(ids, grid=None):
    return ov.Annotation("x", ov.LabelMap(ids.astype(np.uint16), WORDS, grid or ov.Grid.regular(2)))


def placed(shape, rgb=False):
    """An image layer that is scaled, shifted, turned, sheared and has units."""
    n = len(shape)
    data = np.zeros((*shape, 3) if rgb else shape, np.uint8)
    return Image(
        data, rgb=rgb, name="photo", scale=[2.0, 0.5, 0.25][-n:], translate=[5, 7, 11][-n:],
        rotate=30 if n == 2 else TURN, shear=[0.2] if n == 2 else [0, 0, 0.2],
        affine=np.diag([*[1.5, 2.5, 3.5][-n:], 1.0]), units=("um",) * n, axis_labels=("z", "y", "x")[-n:],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "rgb"), [((20, 30), False), ((20, 30), True), ((4, 20, 30), False)]
)
def test_labels_lie_exactly_over_their_image(shape, rgb):
    source = placed(shape, rgb)
    index = () if len(shape) == 2 else (2,)
    made = layers.new_labels(source, annotation(np.ones((20, 30))), index)
    assert made.data.shape == shape
    assert np.allclose(made._data_to_world.affine_matrix, source._data_to_world.affine_matrix)
    assert made.units == source.units
    assert made.axis_labels == source.axis_labels
    assert (made.data[index] == 1).all()
    assert made.data.sum() == 600
    assert made.editable
    grid = grid_of(source)
    assert grid.axes == ("z", "y", "x")[-len(shape) :]
    corner = np.asarray(grid.affine) @ [*[3] * len(shape), 1]
    assert np.allclose(corner[:-1], source.data_to_world([3] * len(shape)))


def test_names_and_colours_are_on_the_layer():
    made = layers.new_labels(placed((20, 30)), annotation(np.ones((20, 30))), ())
    assert list(made.features["index"]) == [0, 1, 2]
    assert list(made.features["category"]) == ["unlabelled", "nucleus", "cytoplasm"]
    assert np.allclose(made.colormap.color_dict[1][:3] * 255, [0xE6, 0x9F, 0x00], atol=1)
    assert "nucleus" in made.metadata["ovseg"]["vocabulary"]
    assert any("nucleus" in part for part in made._get_properties(np.array([1, 1]), world=False))


@pytest.mark.parametrize("kind", ["numpy", "lazy", "pyramid"])
def test_lazy_layers_are_wrapped_not_read(kind):
    dask = pytest.importorskip("dask.array")
    read = []
    data = np.arange(3 * 32 * 32, dtype=np.uint16).reshape(3, 32, 32)
    lazy = dask.from_array(data, chunks=(1, 32, 32)).map_blocks(
        lambda b: read.append(b.shape) or b, dtype=data.dtype
    )
    layer = {"numpy": lambda: Image(data), "lazy": lambda: Image(lazy),
             "pyramid": lambda: Image([lazy, lazy[:, ::2, ::2]], multiscale=True)}[kind]()  # fmt: skip
    read.clear()
    image = layers.image_of(layer)
    assert not read
    assert image.shape == (3, 32, 32)
    assert (image.plane((1,)).read() == data[1]).all()
    assert sum(shape == (1, 32, 32) for shape in read) <= 1


def test_plane_on_screen():
    layer = Image(np.zeros((4, 5, 20, 30)))
    assert layers.plane_index(layer, (1, 2, 0, 0)) == (1, 2)
    assert layers.plane_index(layer, (9, 3, 99, 0, 0)) == (3, 4)
    assert layers.plane_index(Image(np.zeros((20, 30))), (3, 0, 0)) == ()
    assert layers.plane_index(Image(np.zeros((5, 20, 30, 3)), rgb=True), (3, 0, 0)) == (3,)


@pytest.mark.parametrize("place", [{"scale": (5, 1, 1)}, {"translate": (7, 0, 0)}, {}])
def test_the_plane_on_screen_is_the_one_that_napari_draws_beside_a_finer_stack(place):
    viewer = ViewerModel()
    stack = np.arange(20)[:, None, None] * np.ones((20, 4, 4))
    layer = viewer.add_image(stack, **place)
    viewer.add_image(np.zeros((100, 4, 4)), scale=(0.5, 1, 1))
    for z in (7, 8.5, 13):
        viewer.dims.set_point(0, z)
        (plane,) = layers.plane_index(layer, viewer.dims.point)
        assert plane == layer.get_value((z, 1, 1), world=True)


def test_an_image_of_more_axes_than_have_names_is_placed():
    assert layers.image_of(Image(np.zeros((2, 2, 2, 2, 8, 8)))).grid.axes[1:] == tuple("tczyx")


def test_a_second_run_keeps_what_a_person_painted():
    source = placed((20, 30))
    made = layers.new_labels(source, annotation(np.ones((20, 30))), ())
    made.mode = "paint"
    made.data[2:4, 2:4] = 2
    kept = layers.update_labels(made, annotation(np.zeros((20, 30))), ())
    assert kept == 4
    assert (made.data[2:4, 2:4] == 2).all()
    assert made.data.sum() == 8
    assert made.mode == "paint"
    back = layers.annotation_of(made)
    assert back.provenance.share_by_hand == pytest.approx(4 / 600)
    assert (back.owner[2:4, 2:4] == ov.Owner.PERSON).all()


def test_undo_takes_back_the_model_first_and_the_stroke_then():
    made = layers.new_labels(placed((20, 30)), annotation(np.ones((20, 30))), ())
    made.paint((5, 5), 2)
    painted = made.data.copy()
    layers.update_labels(made, annotation(np.zeros((20, 30))), ())
    assert made.data.sum() == 2 * (painted == 2).sum()
    made.undo()
    assert (made.data == painted).all()
    made.undo()
    assert (made.data == 1).all()
    made.redo()
    assert (made.data == painted).all()


def test_what_a_person_locked_counts_as_decided_by_hand():
    made = layers.new_labels(placed((20, 30)), annotation(np.ones((20, 30))), ())
    assert layers.annotation_of(made).provenance.share_by_hand == 0
    editing_of(made).draft.owner[:5] = Owner.LOCKED
    editing_of(made).draft.owner[5:10] = Owner.PERSON
    assert layers.annotation_of(made).provenance.share_by_hand == 0.5


def test_labels_that_memory_cannot_hold_are_refused(monkeypatch):
    image = ov.Image.of(np.zeros((20, 30), np.uint8))
    monkeypatch.setattr(layers, "swap_memory", lambda: SimpleNamespace(free=800))
    monkeypatch.setattr(layers, "virtual_memory", lambda: SimpleNamespace(available=3999))
    with pytest.raises(ov.OvsegError, match=r"all 20 x 30 pixels need 0.0 GB"):
        layers.refuse_too_large(image)
    monkeypatch.setattr(layers, "virtual_memory", lambda: SimpleNamespace(available=4000))
    layers.refuse_too_large(image)


def test_a_layer_that_is_not_ours_is_told():
    with pytest.raises(ov.OvsegError, match="no vocabulary"):
        layers.annotation_of(Labels(np.zeros((4, 4), int)))


def test_words_change_without_encoding_again(monkeypatch):
    from napari_ovseg import pipeline

    calls = []
    real = pipeline.encode_steps
    monkeypatch.setattr(pipeline, "encode_steps", lambda *a: calls.append(a) or real(*a))
    session = Session()
    session.add("grass")
    image = ov.Image.of(np.random.default_rng(0).integers(0, 255, (60, 60)).astype(np.uint8))
    run(session.run_steps(session.job(image, (), ov.Display())))
    session.add("gravel; water")
    session.configure(contrast=("sky",))
    annotation = run(session.run_steps(session.job(image, (), ov.Display())))
    assert len(calls) == 1
    assert 'contrast = [\n    "sky",\n]' in annotation.provenance.recipe
    run(session.run_steps(session.job(image, (), ov.Display(limits=(0, 9)))))
    session.configure(method="vanilla")
    run(session.run_steps(session.job(image, (), ov.Display())))
    copy = ov.Image.of(np.asarray(image.levels[0]).copy())
    run(session.run_steps(session.job(copy, (), ov.Display())))
    assert len(calls) == 4


def test_session_refuses_bad_edits_and_keeps_the_rows():
    session = Session()
    session.add("a, b; c")
    before = list(session.rows)
    for change in (lambda: session.add("C"), lambda: session.edit(1, name="c"), lambda: session.edit(1, colour="blue"),
                   lambda: session.add("")):  # fmt: skip
        with pytest.raises(ov.OvsegError):
            change()
        assert session.rows == before
    session.remove([1])
    session.add("d")
    assert [(c.id, c.name) for c in session.rows] == [(2, "c"), (3, "d")]
