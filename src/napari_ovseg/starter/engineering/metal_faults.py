"""What spoils metal: rust, scratches, pits, dents, inclusions, scale, oil, cracks."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import log_uniform, paint, tone
from napari_ovseg.starter.engineering.canvas import Canvas, Stencil, frame
from napari_ovseg.starter.engineering.cracks import crack_lines, cut
from napari_ovseg.starter.engineering.grain import (
    haze,
    relief,
    rough,
    soften,
    top,
)
from napari_ovseg.starter.engineering.outlines import (
    Line,
    across,
    blob,
    network,
    place,
    scattered,
    swelling,
    walk,
)
from napari_ovseg.starter.engineering.solid import stroke

WORDS: dict[str, tuple[str, ...]] = {
    "rust": ("rust", "rusty metal", "corrosion", "corroded metal", "oxidised metal", "brown rust"),
    "scratch": ("scratch", "scratches", "scratched metal", "thin bright line", "surface scratch"),
    "pit": (
        "pit",
        "pits",
        "pitting",
        "pitted surface",
        "small dark hole",
        "surface defect",
        "defect",
    ),
    "dent": ("dent", "dents", "bump", "depression", "surface defect", "defect"),
    "inclusion": (
        "inclusion",
        "inclusions",
        "dark streak",
        "foreign particle",
        "surface defect",
        "defect",
    ),
    "metal patch": ("metal patch", "patch", "patches", "dark blotch", "surface defect", "defect"),
    "crazing": (
        "crazing",
        "network of fine cracks",
        "fine crack pattern",
        "surface defect",
        "defect",
    ),
    "rolled-in scale": (
        "rolled-in scale",
        "mill scale",
        "scale",
        "scaly area",
        "surface defect",
        "defect",
    ),
    "oil stain": ("oil stain", "oil", "grease", "oily spot", "fluid stain", "water stain"),
}


def rust(rng: np.random.Generator, canvas: Canvas) -> None:
    """Spots to whole sheets of rust: orange to nearly black, flaking, with runs below them."""
    size = canvas.size
    field = rough(rng, size, log_uniform(rng, 3, size / 4), 5)
    if rng.random() < 0.25:  # it runs down
        field = field + 0.8 * (haze(rng, size, (size / 5, log_uniform(rng, 1.5, 8))) - 0.5)
    share = log_uniform(rng, 0.01, 1.0)
    level = np.quantile(field[::2, ::2], max(1 - share, 0.0))
    cover = np.clip((field - level) * log_uniform(rng, 12, 120) + 0.5, 0, 1)
    grit = rough(rng, size, log_uniform(rng, 1.5, 20), 5)
    bumps = rng.uniform(0, 0.35) * relief(haze(rng, size, log_uniform(rng, 0.8, 3)), 0.9)
    body = np.clip(grit + bumps, 0, 1)
    colour = paint(body, tone(rng, (0.22, 0.1, 0.06), 0.05), tone(rng, (0.72, 0.4, 0.2), 0.1))
    if rng.random() < 0.4:  # thick, dark scales in it
        colour = colour * (1 - 0.5 * (haze(rng, size, 4) > 0.7))[..., None].astype(np.float32)
    if rng.random() < 0.3:  # a halo of fresh rust
        canvas.lay(soften(cover, 4), tone(rng, (0.62, 0.38, 0.2), 0.06), opacity=0.4)
    canvas.lay(cover, colour, "rust")


def scratches(rng: np.random.Generator, canvas: Canvas) -> None:
    """Straight or bent scratches, bright or dark."""
    width, lines = log_uniform(rng, 1, 6), []
    heading = rng.uniform(0, np.pi)
    for _ in range(rng.choice([1, 2, 5, 15, 30])):
        start, other, length = across(rng, canvas.size)
        turned = heading + rng.normal(0, 0.15) if rng.random() < 0.6 else other
        path = walk(rng, start, turned, length * rng.uniform(0.2, 1), rng.choice([0, 0.03, 0.12]))
        wide = swelling(rng, len(path), width * rng.uniform(0.4, 1))
        lines.append((path, np.maximum(wide, 1.0)))
    bright = rng.random() < 0.75 - 0.5 * float(canvas.image.mean())
    change = rng.uniform(0.2, 0.5) if bright else -rng.uniform(0.2, 0.5)
    colour = canvas.image + np.float32(change)
    stroke(canvas, lines, np.clip(colour, 0, 1), "scratch", rng.uniform(0.4, 1))


def pits(rng: np.random.Generator, canvas: Canvas) -> None:
    """Many small holes with a dark floor and a lit rim."""
    size, radius = canvas.size, log_uniform(rng, 1.2, 9)
    stencil = Stencil(size)
    crowd = haze(rng, size, size / 5)
    for x, y in scattered(rng, size, radius, log_uniform(rng, 0.002, 0.2)):
        if crowd[int(np.clip(y, 0, size - 1)), int(np.clip(x, 0, size - 1))] > rng.uniform(
            0.2, 0.8
        ):
            r = radius * log_uniform(rng, 0.6, 1.8)
            stencil.polygon(place(blob(rng, r, rng.uniform(1, 1.8)), x, y))
    cover = stencil.cover()
    light = relief(soften(cover, max(radius / 3, 0.7)), rng.uniform(0, 6))
    floor = canvas.image * np.clip(0.4 + 0.5 * light, 0.05, 1.4)[..., None]
    canvas.lay(cover, floor, "pit", rng.uniform(0.6, 1))


def dents(rng: np.random.Generator, canvas: Canvas) -> None:
    """Smooth hollows: one side lit and the other dark."""
    light = rng.uniform(0, 2 * np.pi)
    depth = rng.uniform(0.5, 1.3) * rng.choice([-1, 1])
    for _ in range(rng.integers(1, 5)):
        radius = log_uniform(rng, 5, canvas.size / 4)
        x, y = rng.uniform(0, canvas.size, 2)
        spot = frame(canvas.size, x, y, radius)
        if spot is None:
            continue
        window, u, v = spot
        squeeze = rng.uniform(0.6, 1)
        r = np.hypot(u, v / squeeze) / radius
        towards = (u * np.cos(light) + v * np.sin(light)) / radius
        lit = 1 + depth * towards * np.clip(1 - r * r, 0, 1) * 1.6
        base = canvas.image[window]
        canvas.lay(r < 0.85, np.clip(base * lit[..., None], 0, 1), "dent", at=window)
        canvas.lay((r >= 0.85) & (r < 1), np.clip(base * lit[..., None], 0, 1), at=window)


def inclusions(rng: np.random.Generator, canvas: Canvas) -> None:
    """Dark, ragged slivers along the rolling direction."""
    lines: list[Line] = []
    width, heading = log_uniform(rng, 1.5, 10), rng.normal(0, 0.1)
    for _ in range(rng.integers(1, 12)):
        length = width * log_uniform(rng, 2, 20)
        path = walk(rng, rng.uniform(0, canvas.size, 2), heading, max(length, 6), 0.1)
        profile = np.sin(np.linspace(0.1, np.pi - 0.1, len(path))) ** 0.7
        wide = swelling(rng, len(path), width, taper=False) * profile
        lines.append((path, np.maximum(wide, 1.0)))
    dark = canvas.image * np.float32(rng.uniform(0.1, 0.5))
    colour = dark * (0.6 + 0.8 * haze(rng, canvas.size, 1.5)[..., None])
    stroke(canvas, lines, colour, "inclusion", rng.uniform(0.6, 1.0))


def blotches(rng: np.random.Generator, canvas: Canvas) -> None:
    """Large ragged areas of another grey."""
    size = canvas.size
    area = top(rough(rng, size, log_uniform(rng, 8, 60), 5), log_uniform(rng, 0.03, 0.5))
    factor = rng.choice([rng.uniform(0.4, 0.75), rng.uniform(1.2, 1.6)])
    colour = np.clip(canvas.image * np.float32(factor), 0, 1)
    canvas.lay(soften(area.astype(np.float32), 0.8), colour, "metal patch")


def crazing(rng: np.random.Generator, canvas: Canvas) -> None:
    """An area webbed with fine lines."""
    size = canvas.size
    stencil = Stencil(size)
    for path in network(rng, size, log_uniform(rng, 10, 30), rng.uniform(0.03, 0.15)):
        stencil.line(path, rng.uniform(1, 2))
    area = top(haze(rng, size, size / 4), rng.uniform(0.2, 1.0))
    lines = soften(stencil.cover(), 0.4) * area
    canvas.lay(lines, canvas.image * np.float32(rng.uniform(0.2, 0.6)))
    canvas.lay(area, canvas.image, "crazing")


def scale_marks(rng: np.random.Generator, canvas: Canvas) -> None:
    """Dark, scaly flecks pressed into the sheet."""
    size, wide = canvas.size, log_uniform(rng, 1, 5)
    area = top(haze(rng, size, size / 5), rng.uniform(0.1, 0.9))
    flecks = top(haze(rng, size, (wide, wide * rng.uniform(1, 3))), rng.uniform(0.2, 0.5)) & area
    dark = canvas.image * np.float32(rng.uniform(0.3, 0.7))
    canvas.lay(soften(flecks.astype(np.float32), 0.5), dark)
    canvas.lay(area, canvas.image, "rolled-in scale")


def oil(rng: np.random.Generator, canvas: Canvas) -> None:
    """Round drops and runs of oil or water with a rim."""
    size, stencil = canvas.size, Stencil(canvas.size)
    radius = log_uniform(rng, 6, size / 4)
    for x, y in rng.uniform(0, size, (rng.integers(1, 6), 2)):
        shape = blob(rng, radius * log_uniform(rng, 0.4, 1), rng.uniform(1, 2), 0.15)
        stencil.polygon(place(shape, x, y))
    cover = stencil.cover()
    inner = np.clip(soften(cover, 3) * 2 - 1, 0, 1)
    tint = tone(rng, (0.6, 0.55, 0.45), 0.1)
    film = canvas.image * (tint + 0.35 * inner[..., None] * (1 - tint))
    canvas.lay(cover, film.astype(np.float32), "oil stain")


def tears(rng: np.random.Generator, canvas: Canvas) -> None:
    """Cracks in the metal itself."""
    cut(rng, canvas, crack_lines(rng, canvas.size), tone(rng, (0.08, 0.07, 0.06), 0.04))


FAULTS = (
    rust,
    scratches,
    pits,
    dents,
    inclusions,
    blotches,
    crazing,
    scale_marks,
    oil,
    tears,
)
