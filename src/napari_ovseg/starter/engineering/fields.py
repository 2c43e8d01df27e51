"""Fields close by: crops in rows and weeds on soil."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform, tone
from napari_ovseg.starter.engineering.canvas import Canvas, Sketch
from napari_ovseg.starter.engineering.grain import (
    rough,
    soften,
    uneven_light,
)
from napari_ovseg.starter.engineering.nature import soil
from napari_ovseg.starter.engineering.outlines import (
    box,
    leaf,
    place,
    scattered,
)
from napari_ovseg.starter.looks import Drawing, look

WORDS: dict[str, tuple[str, ...]] = {
    "crop": (
        "crop",
        "crops",
        "crop plant",
        "young plant",
        "seedling",
        "plant in a row",
        "maize plant",
        "sugar beet",
        "corn",
        "vegetable",
    ),
    "weed": ("weed", "weeds", "unwanted plant", "weed plant", "small wild plant", "wild grass"),
}


GREENS = ((0.25, 0.5, 0.14), (0.35, 0.55, 0.2), (0.2, 0.4, 0.2), (0.5, 0.6, 0.25))


Blade = tuple[Array, Array]
"""An outline around the plant's middle, and its colour."""


def plant(rng: np.random.Generator, reach: float, kind: int) -> list[Blade]:
    """A rosette from above: ovate, strap-shaped, lobed, or with few round leaves."""
    green = tone(rng, GREENS[rng.integers(4)], 0.03) * np.float32(rng.uniform(0.7, 1.2))
    count = int(rng.integers((4, 3, 5, 2)[kind], (9, 7, 11, 5)[kind]))
    width = rng.uniform((0.35, 0.08, 0.4, 0.5)[kind], (0.6, 0.2, 0.6, 0.9)[kind])
    start, blades = rng.uniform(0, 7), []
    for k in range(count):
        turn = start + 2 * np.pi * k / count + rng.normal(0, 0.25)
        length = reach * rng.uniform(0.6, 1.0)
        stalk = 0.0 if kind == 1 else 0.25 * length
        shade = green * np.float32(rng.uniform(0.75, 1.25))
        shape = leaf(rng, length - stalk, width * length, 4 if kind == 2 else 0)
        shape = place(shape, stalk, 0)
        tip = len(shape) // 2
        stem = place(box(1.2 * stalk, max(1.0, 0.06 * reach)), 0.5 * stalk, 0)
        rib = (shape[:tip] + shape[: tip - 1 : -1]) / 2
        vein = np.concatenate([rib, place(rib[::-1], 0, max(0.8, 0.03 * reach))])
        light = np.clip(shade * 1.14, 0, 1)
        parts = [(shape, shade)]
        if reach > 6:  # smaller ones show no more than a leaf
            parts += [(stem, light), (np.concatenate([shape[:tip], shape[:1]]), light)]
        if reach > 14:
            parts.append((vein, np.clip(shade * 1.35 + 0.04, 0, 1)))
        blades += [(place(points, 0, 0, turn), rgb) for points, rgb in parts]
    return blades


def _sown(rng: np.random.Generator, size: int, reach: float) -> Array:
    """Places along straight rows."""
    apart, along = reach * rng.uniform(1.5, 4.5), reach * rng.uniform(0.6, 2)
    angle = rng.normal(0, 0.1) + rng.choice([0, 0, rng.uniform(0, np.pi)])
    rows = np.arange(-size, size, apart) + rng.uniform(0, apart)
    spots = [
        (rng.normal(r, 0.08 * reach), a + rng.normal(0, 0.2 * along))
        for r in rows
        for a in np.arange(-size, size, along)
        if rng.random() < 0.9
    ]
    middles = place(np.array(spots), size / 2, size / 2, angle)
    middles = middles[((middles > -reach) & (middles < size + reach)).all(1)]
    return rng.permutation(middles)[:150]


def _grow(
    rng: np.random.Generator, canvas: Canvas, middles: Array, reach: float, style: tuple[int, str]
) -> None:
    """Put plants of one kind on the ground with their shadows."""
    sketch = Sketch(canvas.size, 3)
    grown = [plant(rng, reach * rng.uniform(0.6, 1.25), style[0]) for _ in range(9)]
    for x, y in middles:  # from few patterns, turned: each leaf anew would take too long
        turn = rng.uniform(0, 7)
        for points, rgb in grown[rng.integers(9)]:
            sketch.polygon(place(points, x, y, turn), rgb)
    leaves, cover = sketch.picture()
    shift = np.round(reach * rng.uniform(-0.15, 0.15, 2)).astype(int)
    shadow = soften(np.roll(cover, shift, (0, 1)), 1.2)
    canvas.lay(shadow, np.zeros(3, np.float32), opacity=rng.uniform(0.2, 0.6))
    leaves = leaves * (0.75 + 0.5 * rough(rng, canvas.size, max(reach / 3, 1)))[..., None]
    canvas.lay(cover, leaves, style[1])


@look("engineering", "crop rows and weeds")
def crop_rows(rng: np.random.Generator, size: int) -> Drawing:
    """Soil with crops in rows and weeds anywhere, the two of different leaves."""
    canvas = Canvas(soil(rng, size), "soil")
    reach = log_uniform(rng, size / 40, size / 3)
    crop, weed = rng.permutation(4)[:2]
    if rng.random() < 0.85:
        _grow(rng, canvas, _sown(rng, size, reach), reach, (int(crop), "crop"))
    if rng.random() < 0.75:
        small = reach * rng.uniform(0.3, 1.0)
        middles = scattered(rng, size, max(small, 3), log_uniform(rng, 0.03, 0.7))[:150]
        _grow(rng, canvas, middles, max(small, 3), (int(weed), "weed"))
    canvas.shade(uneven_light(rng, size))
    return canvas.finish()
