"""Views into the gut: pink wet walls with folds, polyps, instruments, a dark way ahead."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform, tone
from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.medical.outlines import Point, oval, ribbon, tree, wander
from napari_ovseg.starter.medical.plate import (
    Material,
    Plate,
    cloud,
    coverage,
    rgb,
    view,
    wide_blur,
)

WORDS: dict[str, tuple[str, ...]] = {
    "mucosa": (
        "mucosa", "background", "bowel wall", "pink wall", "colon wall", "inner lining",
        "mucous membrane", "healthy mucosa", "intestinal wall", "normal tissue",
    ),
    "polyp": (
        "polyp", "polyps", "colon polyp", "round bump", "bulging growth", "adenoma",
        "smooth pink bump", "growth on the bowel wall", "colorectal polyp",
    ),
    "lumen": ("lumen", "dark lumen", "opening of the bowel", "dark hole", "dark tunnel"),
    "instrument": (
        "instrument", "surgical instrument", "tool", "metal tool", "forceps", "snare",
        "endoscopic instrument", "catheter",
    ),
}  # fmt: skip

_WALLS = (
    (0.8, 0.42, 0.36), (0.75, 0.3, 0.25), (0.85, 0.55, 0.45),
    (0.65, 0.25, 0.22), (0.8, 0.5, 0.3), (0.7, 0.4, 0.42),
)  # fmt: skip


@look("medical", "endoscopy")
def endoscopy(rng: np.random.Generator, size: int) -> Drawing:
    """A stretch of gut with none, one or a few polyps."""
    wall = tone(rng, _WALLS[rng.integers(len(_WALLS))], 0.05)
    seen = view(rng, size, log_uniform(rng, 0.9, 1.4), (0, 0), 3.0, 0.05)
    plate = Plate(size, seen, Material("mucosa", rgb(wall)))
    ahead = rng.uniform(-0.8, 0.8, 2)
    folds = _folds(rng, plate, ahead)
    _lumen(rng, plate, ahead)
    bumps = _polyps(rng, plate, wall)
    if rng.random() < 0.18:
        _instrument(rng, plate)
    image = plate.tones() * (1 + folds * plate.mask("mucosa"))[..., None]
    image = _flesh(rng, plate, image)
    image = image * (_relief(rng, plate, bumps) * _lamp(rng, plate, ahead))[..., None]
    image = _wet(rng, plate, image)
    _frame(rng, plate)
    edge = plate.mask("black border")[..., None]
    return plate.drawing(image * (1 - edge) + plate.tones() * edge)


def _distance(plate: Plate, spot: Point) -> Array:
    """Distance of each pixel from a point of the body plane, in its units."""
    at = plate.view(np.asarray([spot], float))[0]
    rows, cols = np.mgrid[: plate.size, : plate.size].astype(np.float32)
    return np.hypot(rows - at[1], cols - at[0]) / plate.view.scale


def _folds(rng: np.random.Generator, plate: Plate, ahead: Array) -> Array:
    """Ridges around the way ahead, each with a light and a dark side; about -0.5..0.5."""
    if rng.random() < 0.25:
        return rng.uniform(0.0, 0.2) * cloud(rng, plate.size, plate.size / 5, 2)
    away = np.sqrt(_distance(plate, ahead) + 0.05) * rng.uniform(2, 7)
    away += rng.uniform(0.3, 1.0) * cloud(rng, plate.size, plate.size / 3)
    phase = away % 1
    strength = rng.uniform(0.15, 0.6) * np.clip(
        0.6 + cloud(rng, plate.size, plate.size / 3), 0, 1.5
    )
    ridge = np.where(phase < 0.85, phase / 0.85, (1 - phase) / 0.15) ** rng.uniform(1, 4)
    return strength * (ridge - 0.5)


def _lumen(rng: np.random.Generator, plate: Plate, ahead: Array) -> None:
    if rng.random() < 0.6:
        wide = log_uniform(rng, 0.08, 0.5)
        hole = oval(rng, ahead, (wide, wide * rng.uniform(0.5, 1)), rng.uniform(0, 3), 0.08)
        dark = tone(rng, (0.1, 0.04, 0.03), 0.03)
        plate.fill(hole, Material("lumen", rgb(dark)))


def _polyps(rng: np.random.Generator, plate: Plate, wall: Array) -> list[tuple[Array, float]]:
    """Fill none to several bumps of nearly the colour of the wall; return outlines and height."""
    bumps = []
    for _ in range(int(rng.choice([0, 1, 1, 1, 1, 2, 4]))):
        wide = log_uniform(rng, 0.07, 0.6)
        outline = oval(
            rng,
            rng.uniform(-0.7, 0.7, 2),
            (wide, wide * rng.uniform(0.6, 1)),
            rng.uniform(0, 3),
            0.06,
        )
        tint = wall * (1 + rng.normal(0, 0.05)) + rng.normal(0, 0.04, 3) + np.array([0.03, 0, 0])
        if rng.random() < 0.25:
            tint = wall + rng.uniform(-0.2, 0.35) * np.array([1.0, 1.0, 0.9])
        plate.fill(outline, Material("polyp", rgb(tint)))
        if rng.random() < 0.3:  # a second lobe
            lobe = oval(rng, outline[rng.integers(len(outline))], (0.6 * wide, 0.5 * wide), 0, 0.08)
            plate.fill(lobe, Material("polyp", rgb(tint * rng.uniform(0.9, 1.1))))
        bumps.append((outline, wide))
    return bumps


def _relief(rng: np.random.Generator, plate: Plate, bumps: list[tuple[Array, float]]) -> Array:
    """Light on the bumps: bright where they face the lamp, dark at the far rim and beyond."""
    light = np.ones((plate.size, plate.size), np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    inside = plate.mask("polyp")
    for outline, wide in bumps:
        reach = max(0.3 * wide * plate.view.scale, 1.0)
        height = wide_blur(coverage(plate.size, plate.view, [outline]), reach)
        slope = np.gradient(height, axis=1) * np.cos(angle) + np.gradient(height, axis=0) * np.sin(
            angle
        )
        light += rng.uniform(0.4, 1.2) * np.clip(slope * reach * 1.8, -0.6, 0.5)
        light += rng.uniform(0.0, 0.3) * (height - 0.5) * inside
    rim = inside * (1 - wide_blur(inside, max(0.02 * plate.view.scale, 1.2)))
    return np.clip(light - rng.uniform(0.0, 0.6) * rim, 0.15, 2)


def _lamp(rng: np.random.Generator, plate: Plate, ahead: Array) -> Array:
    """The light is at the camera: near walls are bright, the way ahead is dark."""
    deep = np.exp(-_distance(plate, ahead) / rng.uniform(0.2, 0.8))
    deep = np.maximum(deep, wide_blur(plate.mask("lumen"), 0.08 * plate.view.scale))
    falloff = 1 - rng.uniform(0.0, 0.25) * _distance(plate, rng.normal(0, 0.3, 2))
    light = rng.uniform(0.7, 1.2) * (1 - rng.uniform(0.1, 0.7) * deep) * np.clip(falloff, 0.2, 1.5)
    return light * np.exp(0.1 * cloud(rng, plate.size, plate.size / 3))


def _flesh(rng: np.random.Generator, plate: Plate, image: Array) -> Array:
    """Blotches, fine pits, and the red net of vessels under the surface."""
    size = plate.size
    image = (
        image
        * (1 + rng.uniform(0.01, 0.06) * cloud(rng, size, log_uniform(rng, 1, 4), 3))[..., None]
    )
    blotch = rng.uniform(0.0, 0.06) * cloud(rng, size, size / 10, 3)
    image = image - blotch[..., None] * np.array([0.2, 1.0, 1.0])
    if rng.random() < 0.5:
        path = wander(rng, rng.uniform(-1, 1, 2), rng.uniform(0, 6), 1.5, 1.0)
        net = coverage(size, plate.view, tree(rng, path, rng.uniform(0.01, 0.03), 0.004))
        net = net * plate.mask("mucosa") * rng.uniform(0.05, 0.25)
        image = image - net[..., None] * np.array([0.4, 1.0, 0.9])
    if rng.random() < 0.2:  # stool, bile or blood on the wall
        stain = np.clip(2 * cloud(rng, size, size / 12, 3) - rng.uniform(2, 4), 0, 0.8)[..., None]
        colour = tone(
            rng, rng.choice([(0.7, 0.6, 0.15), (0.35, 0.3, 0.1), (0.4, 0.03, 0.03)]), 0.05
        )
        image = image + stain * (colour - image) * plate.mask("mucosa", "polyp")[..., None]
    return image


def _wet(rng: np.random.Generator, plate: Plate, image: Array) -> Array:
    """White glints, more of them on polyps than on the wall, none in the depth."""
    field = cloud(rng, plate.size, log_uniform(rng, 2, 9)) + 0.4 * plate.mask("polyp")
    field += 0.6 * cloud(rng, plate.size, plate.size / 6)
    glint = np.clip(3 * (field - rng.uniform(2.0, 4.0)), 0, 1) * (1 - plate.mask("lumen"))
    return image + glint[..., None] * (np.array([1.0, 0.98, 0.95]) - image)


def _instrument(rng: np.random.Generator, plate: Plate) -> None:
    """A sheath that enters from the side, with a tip, or the loop of a snare."""
    angle = rng.uniform(0, 2 * np.pi)
    out = np.array([np.cos(angle), np.sin(angle)])
    tip = rng.normal(0, 0.3, 2)
    path = np.linspace(tip, tip + 2.5 * out, 12) + rng.normal(0, 0.01, (12, 2))
    width = log_uniform(rng, 0.06, 0.3)
    colours = [
        (0.75, 0.75, 0.78),
        (0.2, 0.35, 0.7),
        (0.15, 0.15, 0.16),
        (0.9, 0.9, 0.85),
        (0.8, 0.65, 0.2),
    ]
    base = tone(rng, colours[rng.integers(len(colours))], 0.04)
    plate.fill(ribbon(path, width), Material("instrument", rgb(0.7 * base)))
    plate.fill(ribbon(path, 0.6 * width), Material("instrument", rgb(base)))
    plate.fill(
        ribbon(path + 0.1 * width * out[::-1], 0.15 * width),
        Material("instrument", rgb(base + 0.25)),
    )
    metal = Material("instrument", rgb(tone(rng, (0.7, 0.7, 0.72), 0.05)))
    if rng.random() < 0.5:
        wide = rng.uniform(0.1, 0.35)
        loop = oval(rng, tip - out * wide, (wide, 0.6 * wide), angle, 0.06)
        plate.fill(ribbon(np.concatenate([loop, loop[:1]]), rng.uniform(0.015, 0.03)), metal)
    else:
        for lean in (-0.35, 0.35):
            jaw = np.array([-np.cos(angle + lean), -np.sin(angle + lean)])
            plate.fill(ribbon(np.linspace(tip, tip + 0.2 * jaw, 5), 0.35 * width), metal)


def _frame(rng: np.random.Generator, plate: Plate) -> None:
    """The dark mask of the camera: a circle, a square with cut corners, or none."""
    shape = rng.choice(4)
    dark = Material("black border", rgb(np.full(3, rng.uniform(0.0, 0.05))))
    half = plate.size / 2 / plate.view.scale
    edge = half * rng.uniform(0.85, 1.15)
    turn = np.linalg.inv(plate.view.matrix / plate.view.scale)
    if shape == 0:
        outline = oval(rng, (0, 0), (1.08 * edge, 1.08 * edge), 0, 0.002)
    elif shape == 1:
        cut = rng.uniform(0.2, 0.6)
        corner = [
            (1, 1 - cut),
            (1 - cut, 1),
            (cut - 1, 1),
            (-1, 1 - cut),
            (-1, cut - 1),
            (cut - 1, -1),
            (1 - cut, -1),
            (1, cut - 1),
        ]
        outline = np.array(corner) * edge
    elif shape == 2:
        outline = oval(rng, (0, 0), (edge, 0.95 * edge), 0, 0.002, rng.uniform(3, 8))
    else:
        return
    plate.fill_outside(outline @ turn.T, dark)
