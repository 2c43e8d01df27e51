"""Photographs of open wounds: raw red flesh, yellow slough, black crust."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform, tone
from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.medical.outlines import oval, wander
from napari_ovseg.starter.medical.plate import Material, Plate, cloud, rgb, wide_blur
from napari_ovseg.starter.medical.skin import bare_skin, on_top, skin_surface, uneven_light

WORDS: dict[str, tuple[str, ...]] = {
    "wound": (
        "wound", "open wound", "ulcer", "sore", "red wound", "skin ulcer", "wound bed", "injury",
    ),
    "cloth": ("cloth", "background", "towel", "drape", "surgical drape", "blue cloth"),
}  # fmt: skip


@look("medical", "wound")
def wound(rng: np.random.Generator, size: int) -> Drawing:
    """A raw red, yellow or black wound in reddened skin, at times beside a cloth."""
    plate, skin = bare_skin(rng, size)
    wide = log_uniform(rng, 0.15, 0.9)
    outline = oval(
        rng, rng.normal(0, 0.15, 2), (wide, wide * rng.uniform(0.25, 1)), rng.uniform(0, 3), 0.1
    )
    if rng.random() < 0.95:
        plate.fill(outline, Material("wound", rgb(skin)))
    image = skin_surface(rng, plate, skin)
    inside = plate.mask("wound")
    sore = wide_blur(inside, log_uniform(rng, 0.5, 4))[..., None]
    halo = wide_blur(inside, rng.uniform(0.05, 0.2) * plate.view.scale)[..., None]
    image *= 1 - halo * rng.uniform(0.0, 0.5) * np.array([0.1, 0.7, 0.7])
    image = image * (1 - sore) + _raw(rng, plate) * sore
    rim = (inside * (1 - wide_blur(inside, 2.5)))[..., None]
    image = image * (1 - rng.uniform(-0.3, 0.9) * rim) * uneven_light(rng, size)
    if rng.random() < 0.35:
        side = wander(rng, (-3, rng.uniform(0.5, 1.0)), 0, 6, 0.3)
        drape = tone(
            rng,
            rng.choice([(0.2, 0.5, 0.6), (0.9, 0.9, 0.9), (0.3, 0.55, 0.35), (0.2, 0.3, 0.6)]),
            0.06,
        )
        plate.fill(np.concatenate([side, [(3, 4), (-3, 4)]]), Material("cloth", rgb(drape)))
        image = on_top(plate, image, ("cloth",))
        folds = plate.mask("cloth") * cloud(rng, size, size / 8, 2)
        image *= np.exp(0.15 * folds)[..., None]
    return plate.drawing(image)


def _raw(rng: np.random.Generator, plate: Plate) -> Array:
    """Wet flesh: red grains, yellow slough, black crust, glints."""
    size, scale = plate.size, plate.view.scale
    red = tone(rng, (0.6, 0.12, 0.1), 0.07)
    grains = rng.uniform(0.06, 0.25) * cloud(rng, size, log_uniform(rng, 1.5, 8), 3)
    image = red * (1 + grains)[..., None]
    for colour, odds in (
        ((0.8, 0.68, 0.4), 0.5),
        ((0.12, 0.08, 0.07), 0.3),
        ((0.85, 0.5, 0.45), 0.4),
    ):
        if rng.random() < odds:
            patch = cloud(rng, size, scale * rng.uniform(0.05, 0.25), 3) - rng.uniform(-0.6, 1.0)
            patch = np.clip(rng.uniform(0.5, 4) * patch, 0, 1)[..., None]
            shade = tone(rng, colour, 0.05) * (1 + 0.12 * cloud(rng, size, 3, 2))[..., None]
            image = image * (1 - patch) + shade * patch
    glint = np.clip(cloud(rng, size, log_uniform(rng, 1, 3)) - rng.uniform(1.8, 4), 0, 0.5)
    return np.clip(image + 2 * glint[..., None], 0, 1)
