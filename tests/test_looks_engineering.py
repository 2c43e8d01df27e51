"""Looks of engineering and everyday: deterministic, exact, of any size, named, and varied."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, label

from drawings import share
from napari_ovseg.starter.engineering import WORDS
from napari_ovseg.starter.engineering.canvas import Canvas, Stencil
from napari_ovseg.starter.looks import LOOKS, Drawing

NAMES = tuple(name for name, one in LOOKS.items() if one.family == "engineering")
GROUNDS = (
    *("concrete", "asphalt", "plaster", "brick wall", "stone", "ceramic", "coating", "bond coat"),
    *("substrate", "resin", "steel", "painted metal", "circuit board", "wafer", "fabric"),
    *("leather", "carpet", "foam", "wood", "tile", "paper", "glass", "soil", "field", "foliage"),
    *("sky", "tree", "road", "grass", "water", "building", "wall", "floor", "sand", "snow"),
    *("dark background", "light background", "table top", "metal grain"),
)


def draw(name: str, seed: int, size: int = 160) -> Drawing:
    return LOOKS[name].draw(np.random.default_rng([seed, 7]), size)


@cache
def some(name: str) -> tuple[Drawing, ...]:
    return tuple(draw(name, seed) for seed in range(60))


@pytest.mark.parametrize("name", NAMES)
def test_edges_of_parts_are_edges_of_the_picture(name: str) -> None:
    at_edges, elsewhere = [], []
    for drawing in some(name)[:30]:
        parts, grey = drawing.parts, drawing.image.mean(-1)
        step = np.abs(np.diff(grey, axis=1))
        edge = parts[:, 1:] != parts[:, :-1]
        at_edges.append(step[edge])
        elsewhere.append(step[~binary_dilation(edge, iterations=2)])
    assert np.concatenate(at_edges).mean() > 1.5 * np.concatenate(elsewhere).mean()


def test_words() -> None:
    for name, words in WORDS.items():
        assert words[0] == name
        assert 4 <= len(words) <= 10, name
        assert len(set(words)) == len(words), name
    for ground in GROUNDS:
        assert "background" in WORDS[ground], ground


def test_every_category_occurs_and_is_named() -> None:
    seen = {
        name
        for one in NAMES
        for drawing in some(one)
        for name in np.array(drawing.names)[np.unique(drawing.parts)].tolist()
    }
    assert seen == set(WORDS)


@pytest.mark.parametrize("name", NAMES)
def test_drawings_vary_in_what_they_hold(name: str) -> None:
    largest = [np.bincount(d.parts.ravel()).max() / d.parts.size for d in some(name)]
    assert max(largest) > 0.95  # a ground with nothing on it, or next to nothing
    assert min(largest) < 0.75


@pytest.mark.parametrize(
    "name", ["cracked wall or road", "crack under a microscope", "layered cross-section"]
)
def test_cracks_are_seen(name: str) -> None:
    contrast = []
    for drawing in some(name):
        if "crack" not in drawing.names:
            continue
        crack = drawing.parts == drawing.names.index("crack")
        near = binary_dilation(crack, iterations=4) & ~binary_dilation(crack)
        if crack.sum() > 20:
            contrast.append(float(drawing.image[crack].mean() - drawing.image[near].mean()))
    assert len(contrast) > 20
    assert np.mean(np.array(contrast) < -0.03) > 0.75


def test_oxide_lies_between_its_neighbours() -> None:
    spans = [
        drawing
        for drawing in some("layered cross-section")
        if {"oxide layer", "coating", "bond coat"} <= set(drawing.names)
        and share(drawing, "oxide layer") > 0.02
    ]
    assert len(spans) > 5
    assert np.std([share(d, "oxide layer") for d in spans]) > 0.05


@pytest.mark.parametrize("heading", [0.0, 0.3, np.pi / 4, 1.2, np.pi / 2])
def test_a_line_of_one_pixel_is_one_pixel_wide_and_whole(heading: float) -> None:
    canvas = Canvas(np.ones((96, 96, 3), np.float32), "concrete")
    stencil = Stencil(96, 4)
    way = np.array([np.cos(heading), np.sin(heading)])
    stencil.line(np.array([48.4, 48.4]) + np.outer([-30, 30], way), 1.0)
    canvas.lay(stencil.cover(), np.zeros(3, np.float32), "crack")
    crack = canvas.where("crack")
    assert label(crack, np.ones((3, 3)))[1] == 1
    assert 0.7 * 60 < crack.sum() < 1.6 * 60


def test_paint_without_a_name_leaves_the_parts() -> None:
    canvas = Canvas(np.ones((96, 96, 3), np.float32), "sky")
    canvas.lay(np.ones((96, 96), bool), np.zeros(3, np.float32), opacity=0.5)
    drawing = canvas.finish()
    assert drawing.names == ("sky",)
    assert drawing.image.max() == pytest.approx(0.5)
