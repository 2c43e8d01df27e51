"""Photographs of skin: pigmented lesions under a dermoscope or by eye."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform, tone
from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.medical.outlines import organ, oval, ribbon, wander
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
    "skin lesion": (
        "skin lesion", "mole", "melanoma", "pigmented lesion", "nevus", "dark spot on the skin",
        "brown spot", "skin cancer", "birthmark", "irregular brown patch",
    ),
    "hair": ("hair", "hairs", "body hair", "thin dark hair", "thin curved dark line on skin"),
}  # fmt: skip

_SKINS = (
    (0.9, 0.7, 0.62), (0.85, 0.6, 0.5), (0.8, 0.62, 0.55), (0.75, 0.55, 0.42),
    (0.6, 0.42, 0.32), (0.42, 0.28, 0.2), (0.88, 0.75, 0.72),
)  # fmt: skip
_PIGMENTS = (
    (0.35, 0.2, 0.12), (0.2, 0.12, 0.1), (0.5, 0.32, 0.2), (0.6, 0.4, 0.3),
    (0.3, 0.25, 0.3), (0.65, 0.3, 0.28),
)  # fmt: skip


@look("medical", "dermoscopy")
def dermoscopy(rng: np.random.Generator, size: int) -> Drawing:
    """A lesion under the dermoscope with hairs, bubbles of gel, a ruler and dark corners."""
    plate, skin = bare_skin(rng, size)
    outlines = _blots(rng, log_uniform(rng, 0.12, 0.95)) if rng.random() < 0.92 else []
    plate.fill_all(outlines, Material("skin lesion", rgb(skin)))
    image = skin_surface(rng, plate, skin)
    image = _pigment(rng, plate, image, skin)
    image = _ruler(rng, plate, image) if rng.random() < 0.25 else image
    image = _bubbles(rng, plate, image) if rng.random() < 0.3 else image
    _hairs(rng, plate)
    if rng.random() < 0.4:
        edge = rng.uniform(0.95, 1.25)
        dark = Material("black border", (rng.uniform(0, 0.1),) * 3)
        plate.fill_outside(oval(rng, (0, 0), (edge, edge), 0, 0.003), dark)
    return plate.drawing(on_top(plate, image * uneven_light(rng, size), ("hair", "black border")))


@look("medical", "skin spots")
def skin_spots(rng: np.random.Generator, size: int) -> Drawing:
    """Skin as a camera sees it, with creases and none to many small spots."""
    plate, skin = bare_skin(rng, size)
    for _ in range(int(rng.choice([0, 1, 2, 4, 10]))):
        where = rng.uniform(-0.75, 0.75, 2)
        plate.fill_all(
            [o + where for o in _blots(rng, log_uniform(rng, 0.04, 0.35))],
            Material("skin lesion", rgb(skin)),
        )
    image = skin_surface(rng, plate, skin) * uneven_light(rng, size)
    image = _pigment(rng, plate, image, skin)
    if rng.random() < 0.5:
        _hairs(rng, plate)
    return plate.drawing(on_top(plate, image, ("hair",)))


def bare_skin(rng: np.random.Generator, size: int) -> tuple[Plate, Array]:
    """A plate of skin seen from any side, and the colour of the skin."""
    skin = _shade(rng, _SKINS[rng.integers(len(_SKINS))])
    seen = view(rng, size, log_uniform(rng, 0.85, 1.3), rng.normal(0, 0.1, 2), 3.0, 0.04)
    return Plate(size, seen, Material("skin", rgb(skin))), skin


def _shade(rng: np.random.Generator, rgb: tuple[float, float, float]) -> Array:
    """The colour, lighter or darker, and a little off."""
    return np.clip(tone(rng, rgb, 0.02) * log_uniform(rng, 0.75, 1.2), 0.02, 1)


def uneven_light(rng: np.random.Generator, size: int) -> Array:
    """Slow shading, about 1."""
    return np.exp(rng.uniform(0.0, 0.18) * cloud(rng, size, size / 2))[..., None]


def on_top(plate: Plate, image: Array, categories: tuple[str, ...]) -> Array:
    """Let what lies on top show as it was drawn."""
    cover = plate.mask(*categories)[..., None]
    return image * (1 - cover) + plate.tones() * cover


def skin_surface(rng: np.random.Generator, plate: Plate, skin: Array) -> Array:
    """Pores, creases, blotches and fine vessels."""
    size = plate.size
    fine = 0.5 * cloud(rng, size, log_uniform(rng, 1, 5), 3)
    if rng.random() < 0.6:
        fine -= np.exp(-((cloud(rng, size, log_uniform(rng, 3, 14)) / 0.15) ** 2))
    field = rng.uniform(0.01, 0.09) * fine + rng.uniform(0.0, 0.06) * cloud(rng, size, size / 8, 2)
    redness = rng.uniform(0, 0.045) * cloud(rng, size, size / 6, 3)
    image = skin * (1 + field[..., None]) - redness[..., None] * np.array([0.2, 1.0, 0.9])
    if rng.random() < 0.25:
        ribbons = [
            ribbon(wander(rng, rng.uniform(-1, 1, 2), rng.uniform(0, 6), 0.3, 1.5), 0.008)
            for _ in range(int(rng.integers(3, 25)))
        ]
        veins = coverage(size, plate.view, ribbons)[..., None]
        image -= rng.uniform(0.05, 0.2) * veins * np.array([0.3, 1.0, 0.9])
    return image


def _blots(rng: np.random.Generator, radius: float) -> list[Array]:
    """A round or ragged blot, made of a few lobes."""
    lobes = [oval(rng, (0, 0), (radius, radius * rng.uniform(0.55, 1)), rng.uniform(0, 3), 0.06)]
    for _ in range(int(rng.choice([0, 0, 1, 3]))):
        spot = lobes[0][rng.integers(len(lobes[0]))] * 0.8
        shape = radius * rng.uniform(0.25, 0.6, 2)
        lobes.append(organ(rng, oval(rng, spot, shape, 0, 0.1)[::5], 0.06 * radius))
    return lobes


def _pigment(rng: np.random.Generator, plate: Plate, image: Array, skin: Array) -> Array:
    """Colour the lesion: two browns in patches, a net, dots, a bluish or red veil."""
    size, scale = plate.size, plate.view.scale
    inside = plate.mask("skin lesion")
    soft = wide_blur(inside, log_uniform(rng, 0.6, 7))
    depth = np.clip(wide_blur(inside, 0.12 * scale) * 1.4 - 0.3, 0, 1)
    colours = [_shade(rng, _PIGMENTS[k]) for k in rng.integers(len(_PIGMENTS), size=3)]
    mix = np.clip(
        0.5 + rng.uniform(0.3, 1.5) * cloud(rng, size, scale * log_uniform(rng, 0.05, 0.4), 2), 0, 1
    )
    mix = mix * (1 - rng.uniform(0, 1) * (1 - depth))
    body = colours[0] + (colours[1] - colours[0]) * mix[..., None]
    if rng.random() < 0.4:
        veil = np.clip(cloud(rng, size, 0.25 * scale) - 0.3, 0, 1)[..., None]
        body = body + veil * (tone(rng, (0.5, 0.5, 0.58), 0.05) - body)
    texture = np.zeros((size, size), np.float32)
    if rng.random() < 0.5:  # a net of pigment
        texture -= np.exp(-((cloud(rng, size, log_uniform(rng, 2, 6)) / 0.25) ** 2))
    if rng.random() < 0.4:  # dots and globules
        texture -= (cloud(rng, size, log_uniform(rng, 1.5, 5)) > 1.3) * 1.0
    texture += 0.5 * cloud(rng, size, 2, 2)
    body = body * (1 + rng.uniform(0.05, 0.3) * texture[..., None])
    faint = rng.uniform(0.35, 1.0) if rng.random() < 0.4 else 1.0
    cover = (faint * soft * (0.75 + 0.25 * mix))[..., None]
    return image * (1 - cover) + np.clip(body * np.minimum(skin + 0.35, 1), 0, 1) * cover


def _hairs(rng: np.random.Generator, plate: Plate) -> None:
    """None to many long thin curves of one colour."""
    count = int(rng.choice([0, 0, 3, 12, 40]))
    main = rng.uniform(0, 2 * np.pi)
    fair = rng.random() < 0.15
    base = tone(rng, (0.85, 0.75, 0.6) if fair else (0.12, 0.08, 0.07), 0.05)
    material = Material("hair", rgb(base))
    width = log_uniform(rng, 0.008, 0.025)
    for _ in range(count):
        angle = main + rng.normal(0, 0.5)
        path = wander(rng, rng.uniform(-1.3, 1.3, 2), angle, rng.uniform(0.4, 2.2), 0.6, 18)
        taper = width * rng.uniform(0.6, 1.3) * np.linspace(1, 0.4, len(path))
        plate.fill(ribbon(path, taper), material)


def _bubbles(rng: np.random.Generator, plate: Plate, image: Array) -> Array:
    """Round bubbles of gel with bright rims."""
    rings: list[Array] = []
    glints: list[Array] = []
    for _ in range(int(rng.integers(2, 30))):
        spot, wide = rng.uniform(-1, 1, 2), log_uniform(rng, 0.01, 0.12)
        circle = oval(rng, spot, (wide, wide), 0, 0.005)
        rings.append(ribbon(np.concatenate([circle, circle[:1]]), 0.15 * wide))
        glints.append(oval(rng, spot - 0.4 * wide, (0.2 * wide, 0.15 * wide)))
    light = 0.2 * coverage(plate.size, plate.view, rings)
    light += 0.6 * coverage(plate.size, plate.view, glints)
    return image + rng.uniform(0.3, 1.0) * light[..., None]


def _ruler(rng: np.random.Generator, plate: Plate, image: Array) -> Array:
    """The scale of the dermoscope: ticks along a line."""
    y, step = rng.uniform(0.5, 0.9), rng.uniform(0.04, 0.12)
    ticks = [
        ribbon(np.array([(x, y), (x, y + (0.12 if k % 5 == 0 else 0.06))]), 0.01)
        for k, x in enumerate(np.arange(-1.3, 1.3, step))
    ]
    marks = coverage(plate.size, plate.view, ticks)[..., None]
    return image * (1 - rng.uniform(0.4, 0.9) * marks)
