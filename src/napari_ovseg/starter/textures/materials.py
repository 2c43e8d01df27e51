"""Materials by themselves."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import (
    Array,
    fractal,
    log_uniform,
    noise,
    paint,
    tone,
    turn,
    unit,
    warp,
)
from napari_ovseg.starter.textures._surface import surface


@surface("wood", "wooden planks", "timber", "wood grain")
def wood(rng: np.random.Generator, size: int) -> Array:
    rows, cols = np.mgrid[:size, :size].astype(np.float32)
    rings = warp(rng, rows + 0.02 * cols, log_uniform(rng, 4, 22), 45)
    grain = 0.5 + 0.5 * np.sin(rings * (2 * np.pi / log_uniform(rng, 5, 22)))
    fibre = noise(rng, size, (0.6, 14))
    plank = log_uniform(rng, 30, 140)
    joint = np.clip((rows % plank) / 1.5, 0, 1)
    shade = rng.normal(0.5, 0.12, 400)[(rows // plank).astype(int)]
    field = np.clip(0.4 * grain + 0.35 * fibre + shade - 0.35, 0, 1) * joint
    return turn(rng, paint(field, tone(rng, (0.25, 0.13, 0.06)), tone(rng, (0.78, 0.57, 0.36))))


@surface("marble", "marble slab", "polished stone")
def marble(rng: np.random.Generator, size: int) -> Array:
    sigma = log_uniform(rng, 10, 40)
    vein = np.abs(warp(rng, fractal(rng, size, sigma, 4), 14, 20) - 0.5) * 2
    field = np.clip(vein / rng.uniform(0.12, 0.4), 0, 1) ** 0.5
    light = tone(rng, (0.93, 0.92, 0.9), 0.04)
    return paint(0.8 * field + 0.2 * fractal(rng, size, 30), tone(rng, (0.35, 0.35, 0.36)), light)


@surface("woven fabric", "cloth", "fabric", "textile")
def fabric(rng: np.random.Generator, size: int) -> Array:
    pitch = log_uniform(rng, 4, 13)
    rows, cols = np.mgrid[:size, :size].astype(np.float32)
    rows, cols = warp(rng, rows, 2, 25), warp(rng, cols, 2, 25)
    over = (np.floor(rows / pitch) + np.floor(cols / pitch)) % 2
    bulge_r, bulge_c = (
        np.sin(np.pi * (rows % pitch) / pitch),
        np.sin(np.pi * (cols % pitch) / pitch),
    )
    field = np.where(over > 0, bulge_r * 0.9 + 0.1 * bulge_c, bulge_c * 0.75)
    field = field * (0.8 + 0.2 * noise(rng, size, 0.7))
    colour = rng.uniform(0.25, 0.95, 3).astype(np.float32)
    return paint(np.clip(field, 0, 1), colour * 0.25, colour)


@surface("brushed metal", "steel", "metal plate", "metal")
def metal(rng: np.random.Generator, size: int) -> Array:
    streak = noise(rng, size, (0.5, 40)) * 0.5 + noise(rng, size, (1.5, 60)) * 0.3
    glare = noise(rng, size, (60, 25)) * 0.6
    grey = tone(rng, (0.78, 0.79, 0.82), 0.03)
    return turn(rng, paint(unit(streak + glare), grey * 0.5, np.clip(grey * 1.2, 0, 1)))


@surface("rust", "corrosion", "rusty metal")
def rust(rng: np.random.Generator, size: int) -> Array:
    blotch = fractal(rng, size, log_uniform(rng, 8, 30), 5)
    colour = paint(blotch, tone(rng, (0.25, 0.1, 0.05), 0.04), tone(rng, (0.78, 0.42, 0.18)))
    pits = noise(rng, size, 1.5) > 0.8
    flake = np.clip((fractal(rng, size, 12, 4) - rng.uniform(0.6, 0.95)) * 6, 0, 1)[..., None]
    return colour * (1 - 0.35 * pits[..., None]) * (1 - flake) + flake * tone(
        rng, (0.5, 0.47, 0.45)
    )


@surface("wire mesh", "metal grid", "mesh", "net")
def mesh(rng: np.random.Generator, size: int) -> Array:
    pitch = log_uniform(rng, 10, 32)
    rows, cols = np.mgrid[:size, :size].astype(np.float32)
    angle = rng.uniform(0, np.pi / 2)
    a = warp(rng, rows * np.cos(angle) + cols * np.sin(angle), 2, 20) % pitch
    b = warp(rng, cols * np.cos(angle) - rows * np.sin(angle), 2, 20) % pitch
    thick = pitch * rng.uniform(0.12, 0.25)
    wire = np.maximum(
        np.clip(1 - np.abs(a - thick) / thick, 0, 1), np.clip(1 - np.abs(b - thick) / thick, 0, 1)
    )
    return paint(
        np.sqrt(wire), tone(rng, (0.1, 0.1, 0.12), 0.06), tone(rng, (0.85, 0.85, 0.86), 0.06)
    )
