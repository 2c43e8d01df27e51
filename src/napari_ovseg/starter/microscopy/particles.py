"""Loose matter in an electron microscope: powders and mats of fibres."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.microscopy.bodies import (
    Bodies,
    Kind,
    blur,
    cloud,
    fill,
    grain,
    outlines,
    places,
    share_of,
)
from napari_ovseg.starter.microscopy.sheet import Sheet
from napari_ovseg.starter.microscopy.strands import curves

WORDS: dict[str, tuple[str, ...]] = {
    "particle": (
        "particle",
        "particles",
        "powder particle",
        "powder",
        "sphere",
        "bright round particle",
        "grain of powder",
    ),
    "fibre": ("fibre", "fibres", "fiber", "filament", "nanofibre", "strand", "thread"),
    "background": (
        "background",
        "dark background",
        "substrate",
        "empty dark space",
        "gap between particles",
    ),
}


def _floor(rng: np.random.Generator, size: int) -> Array:
    """The holder: dark to grey, smooth or grainy."""
    level = rng.uniform(0.02, 0.35)
    field = level + rng.uniform(0, 0.1) * (cloud(rng, size, 0.5 * size) - 0.5)
    return field + rng.uniform(0, 0.1) * (grain(rng, size, log_uniform(rng, 1.5, 20)) - 0.5)


def _lit(rng: np.random.Generator, bodies: Bodies, level: Array) -> Array:
    """Round things: lit from one side or by their edges, darker where they turn away."""
    round_off = np.sqrt(np.clip(bodies.depth * (2 - bodies.depth), 0, 1))
    down, right = np.gradient(blur(bodies.depth, 0.8))
    angle = rng.uniform(0, 2 * np.pi)
    side = np.tanh(5 * (down * np.sin(angle) + right * np.cos(angle)))
    edge = rng.uniform(0, 0.6) * np.exp(-bodies.inner / rng.uniform(0.8, 3))
    light = bodies.each(level) * (1 - rng.uniform(0, 0.7) * (1 - round_off))
    return light + (rng.uniform(0, 0.3) * side + edge) * bodies.mask


@look("microscopy", "powder")
def powder(rng: np.random.Generator, size: int) -> Drawing:
    """Spheres with satellites, or sharp and ragged grains, lying over one another."""
    radius = log_uniform(rng, 3, 0.2 * size)
    centres = places(rng, size, radius, share_of(rng, 1.4))
    radii = radius * np.exp(rng.normal(0, rng.choice([0.1, 0.4, 0.7]), len(centres)))
    satellites = rng.random(len(centres)) < rng.uniform(0, 0.5)
    away = rng.normal(0, 1, centres.shape)
    away *= (radii / np.linalg.norm(away, axis=1))[:, None]
    centres = np.concatenate([centres, (centres + away)[satellites]])
    radii = np.concatenate([radii, 0.3 * radii[satellites]])
    kind = (
        Kind((1, 1.1), (2, 2), 0.01),
        Kind((1, 2), (2, 5), 0.12, 8),
        Kind((1, 3), (1.2, 2), 0.1),
    )
    bodies = fill(size, outlines(rng, centres, radii, kind[rng.choice(3, p=[0.5, 0.3, 0.2])]))
    texture = 1 - rng.uniform(0, 0.5) * grain(rng, size, max(0.3 * radius, 1.5))
    lit = _lit(rng, bodies, rng.uniform(0.4, 0.85, bodies.count)) * texture
    lit = lit - 0.2 * np.exp(-bodies.inner / 0.8) * bodies.mask * float(rng.random() < 0.4)
    floor = _floor(rng, size)
    soft = blur(bodies.mask, 0.6)
    shadow = 1 - rng.uniform(0, 0.4) * blur(bodies.mask, 0.3 * radius)
    light = floor * shadow * (1 - soft) + np.maximum(lit, floor + 0.08) * soft
    sheet = Sheet(light, "background")
    sheet.name(bodies.mask, "particle")
    return sheet.drawing()


@look("microscopy", "fibre mat")
def fibre_mat(rng: np.random.Generator, size: int) -> Drawing:
    """Fibres in front of others, nearer ones brighter, with dark gaps between."""
    width = log_uniform(rng, 1.5, 0.08 * size)
    image = _floor(rng, size)
    sheet = Sheet(image, "background")
    count = int(np.clip(share_of(rng, 0.8) * size / width, 0, 150))
    for depth in (0.35, 0.6, 0.9):  # far to near
        if count == 0:
            break
        _, mask = curves(rng, size, max(count // 3, 1), width, 2.0)
        threads = Bodies(mask.astype(np.int32), 1)
        tube = np.sqrt(np.clip(2 * threads.inner / width, 0, 1))
        level = rng.uniform(0.8, 1.1) * depth * (0.55 + 0.45 * tube)
        level = np.maximum(level, image + 0.06)
        sheet.cover(mask, "fibre", level[..., None], 0.6)
    return sheet.drawing()
