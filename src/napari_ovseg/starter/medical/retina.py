"""Photographs of the back of the eye: vessels, optic disc, and what disease leaves there."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform, tone
from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.medical.outlines import inset, oval, ribbon, smooth, tree, wander
from napari_ovseg.starter.medical.plate import Material, Plate, cloud, glance, rgb, wide_blur

WORDS: dict[str, tuple[str, ...]] = {
    "retina": (
        "retina", "background", "fundus", "eye background", "orange retina", "ocular fundus",
        "back of the eye",
    ),
    "black border": (
        "black border", "background", "black background", "dark corners", "black frame",
        "black surround", "outside of the view",
    ),
    "optic disc": (
        "optic disc", "optic disk", "optic nerve head", "bright round spot in the eye",
        "blind spot", "papilla",
    ),
    "macula": ("macula", "fovea", "dark spot in the middle of the retina", "yellow spot"),
    "exudate": (
        "exudate", "exudates", "hard exudate", "yellow spots", "bright yellow lesion", "drusen",
        "cotton wool spot",
    ),
}  # fmt: skip

_GROUNDS = (
    (0.75, 0.36, 0.16), (0.85, 0.5, 0.28), (0.6, 0.22, 0.1),
    (0.82, 0.33, 0.2), (0.5, 0.25, 0.12),
)  # fmt: skip


@look("medical", "fundus photograph")
def fundus_photograph(rng: np.random.Generator, size: int) -> Drawing:
    """In colour, or grey as the green channel or with a glowing dye in the vessels."""
    plate = _fundus(rng, size)
    image = plate.tones() * (1 + plate.grain()[..., None] * cloud(rng, size, 1.5, 2)[..., None])
    image = image * _uneven(rng, plate)[..., None]
    mode = rng.choice(3, p=[0.62, 0.26, 0.12])
    if mode == 0:
        return plate.drawing(image)
    grey = image[..., 1] * rng.uniform(1.2, 2.2)
    if mode == 2:  # angiography: the dye shines
        vessels = plate.mask("blood vessel")
        grey = 0.25 * grey + rng.uniform(0.3, 0.7) * vessels * (1 - plate.mask("black border"))
    return plate.drawing(grey)


def _fundus(rng: np.random.Generator, size: int) -> Plate:
    """Draw disc, macula, lesions and vessels."""
    side = int(rng.choice([-1, 1]))
    disc = np.array([side * rng.uniform(0.3, 0.75), rng.normal(0, 0.06)])
    if rng.random() < 0.15:
        disc *= np.array([0.1, 1])
    macula = disc - np.array([side * 0.72, -0.04])
    ground = tone(rng, _GROUNDS[rng.integers(len(_GROUNDS))], 0.04)
    targets = [disc, macula, (0.0, 0.5), (0.0, -0.5)]
    orange = Material("retina", rgb(ground), rng.uniform(0.0, 0.06))
    plate = Plate(size, glance(rng, size, targets, 0.9), orange)
    radius = rng.uniform(0.09, 0.17)
    wide = rng.uniform(0.08, 0.16)
    plate.fill(oval(rng, macula, (wide, wide), 0, 0.03), Material("macula", rgb(ground), 0.03))
    _lesions(rng, plate, ground)
    _disc(rng, plate, disc, radius, ground)
    _vessels(rng, plate, (disc, radius, side), ground)
    black = Material("black border", (rng.uniform(0, 0.05),) * 3)
    edge = rng.uniform(0.95, 1.5)
    if edge < 1.3:
        plate.fill_outside(oval(rng, (0, 0), (edge, edge), 0, 0.002), black)
    return plate


def _disc(
    rng: np.random.Generator, plate: Plate, disc: Array, radius: float, ground: Array
) -> None:
    """A pale disc with a paler cup, at times a dark crescent beside it."""
    if rng.random() < 0.3:
        halo = oval(rng, disc, (1.25 * radius, 1.2 * radius), 0, 0.08)
        plate.fill(halo, Material("retina", rgb(ground * rng.uniform(0.6, 1.25)), 0.05))
    shape = oval(rng, disc, (radius * rng.uniform(0.85, 1), radius), 0, 0.02)
    pale = ground + rng.uniform(0.35, 1.0) * (np.array([1.0, 0.85, 0.55]) - ground)
    plate.fill(shape, Material("optic disc", rgb(pale), 0.04))
    cup = inset(shape, radius * rng.uniform(0.3, 0.75)) + rng.normal(0, 0.1, 2) * radius
    plate.fill(cup, Material("optic disc", rgb(pale + rng.uniform(0.03, 0.2)), 0.02))


def _vessels(
    rng: np.random.Generator, plate: Plate, place: tuple[Array, float, int], ground: Array
) -> None:
    """Arteries and veins that leave the disc in arcades and branch to nothing."""
    disc, radius, side = place
    contrast = rng.uniform(0.25, 0.75)
    thick, thin = radius * rng.uniform(0.12, 0.26), log_uniform(rng, 0.003, 0.008)
    for up in (-1, 1):
        for k in range(int(rng.integers(2, 4))):  # an artery and a vein, close to each other
            dark = contrast * (1.0 if k else 0.7)
            colour = ground * (1 - dark * np.array([0.45, 0.95, 0.8]))
            material = Material("blood vessel", rgb(colour), 0.02)
            wide = thick * (1.0 if k else 0.75) * rng.uniform(0.7, 1.1)
            start = disc + rng.normal(0, 0.2 * radius, 2)
            arcade = np.array([
                (0.1, 0.22), (0.45, rng.uniform(0.38, 0.6)),
                (0.95, rng.uniform(0.3, 0.6)), (1.5, 0.3),
            ]) * np.array([-side, up])  # fmt: skip
            arcade = disc + arcade + rng.normal(0, 0.03, arcade.shape)
            trunk = smooth(np.concatenate([[start], arcade]), False)
            plate.fill_all(tree(rng, trunk, wide, thin, 0.8), material)
            out = (0.0 if side > 0 else np.pi) + side * up * rng.uniform(0.3, 1.2)
            nasal = wander(rng, start, out, rng.uniform(0.5, 0.9), 0.6)
            plate.fill_all(tree(rng, nasal, 0.8 * wide, thin)[:20], material)
            if k == 0 and rng.random() < 0.5:  # light reflected by the arteries
                shine = Material("blood vessel", rgb(colour + 0.25 * (ground - colour) + 0.08))
                plate.fill(ribbon(trunk[: len(trunk) // 2], 0.25 * wide), shine)


def _lesions(rng: np.random.Generator, plate: Plate, ground: Array) -> None:
    """None, or scatters of exudates and haemorrhages of very different sizes."""
    if rng.random() < 0.4:
        return
    yellow = ground + rng.uniform(0.4, 0.9) * (np.array([1.0, 0.9, 0.5]) - ground)
    red = ground * np.array([0.55, 0.3, 0.3]) * rng.uniform(0.7, 1.3)
    for category, colour in (("exudate", yellow), ("haemorrhage", red)):
        if rng.random() < 0.3:
            continue
        middle, spread = rng.normal(0, 0.35, 2), rng.uniform(0.1, 0.45)
        size = log_uniform(rng, 0.008, 0.05)
        material = Material(category, rgb(colour), 0.05)
        for _ in range(int(log_uniform(rng, 2, 50))):
            wide = size * log_uniform(rng, 0.5, 2.5)
            spot = middle + rng.normal(0, spread, 2)
            shape = oval(rng, spot, (wide, wide * rng.uniform(0.5, 1)), rng.uniform(0, 3), 0.12)
            plate.fill(shape, material)


def _uneven(rng: np.random.Generator, plate: Plate) -> Array:
    """Slow shading, the dark middle of the macula and the pattern of the choroid."""
    size = plate.size
    light = rng.uniform(0.03, 0.2) * cloud(rng, size, size / 3)
    light -= rng.uniform(0.2, 0.7) * wide_blur(plate.mask("macula"), 0.06 * plate.view.scale)
    if rng.random() < 0.4:
        light += rng.uniform(0.02, 0.08) * cloud(rng, size, 0.05 * plate.view.scale, 3)
    outside = plate.mask("black border")
    shade = 1 - rng.uniform(0, 0.6) * wide_blur(outside, 0.2 * plate.view.scale)
    return np.where(outside > 0.5, 1, np.exp(light) * shade)
