"""Cross-sections of coatings and oxide scales as a scanning electron microscope shows them."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.engineering.canvas import Canvas, Stencil
from napari_ovseg.starter.engineering.grain import haze, rough, soften, top
from napari_ovseg.starter.engineering.layer_materials import bend_down, material
from napari_ovseg.starter.engineering.outlines import blob, crack, place
from napari_ovseg.starter.looks import Drawing, look

WORDS: dict[str, tuple[str, ...]] = {
    "coating": (
        "coating",
        "environmental barrier coating",
        "thermal barrier coating",
        "top coat",
        "ceramic coating",
        "coating layer",
        "background",
    ),
    "oxide layer": (
        "oxide layer",
        "thermally grown oxide",
        "oxide scale",
        "grey band between two coating layers",
        "oxide",
        "oxide film",
        "thin grey layer",
        "scale layer",
    ),
    "bond coat": ("bond coat", "bond coating", "lower coating layer", "interlayer", "background"),
    "substrate": ("substrate", "base material", "bulk metal", "alloy substrate", "background"),
    "resin": (
        "resin",
        "mounting resin",
        "epoxy",
        "black background",
        "dark background",
        "background",
    ),
    "pore": ("pore", "pores", "void", "voids", "dark spot", "hole in the coating", "porosity"),
    "gap": ("gap", "delamination", "gap between layers", "interface gap", "debonding"),
}


SCHEMES: tuple[tuple[tuple[str, float], ...], ...] = (
    # from the top down, with the usual brightness of each; brightness is varied below
    (("coating", 0.85), ("oxide layer", 0.3), ("bond coat", 0.27)),
    (("coating", 0.85), ("oxide layer", 0.5), ("bond coat", 0.4)),
    (("resin", 0.06), ("coating", 0.8), ("oxide layer", 0.3), ("bond coat", 0.26)),
    (("coating", 0.7), ("oxide layer", 0.2), ("bond coat", 0.55), ("substrate", 0.65)),
    (("coating", 0.6), ("oxide layer", 0.25), ("substrate", 0.7)),
    (("resin", 0.08), ("oxide layer", 0.45), ("substrate", 0.8)),
    (("resin", 0.1), ("coating", 0.55), ("substrate", 0.75)),
    (("coating", 0.35), ("oxide layer", 0.75), ("substrate", 0.5)),
    (("coating", 0.75), ("bond coat", 0.45), ("substrate", 0.6)),
)


@look("engineering", "layered cross-section")
def layered(rng: np.random.Generator, size: int) -> Drawing:
    """Layers of a coating, an oxide and what they protect, with pores, gaps and cracks."""
    scheme = SCHEMES[rng.choice(len(SCHEMES), p=_ODDS)]
    greys = _greys(rng, scheme)
    depth = _depth_field(rng, size)
    cuts = _cuts(rng, size, [name for name, _ in scheme])
    name = scheme[0][0]
    canvas = Canvas(np.repeat(material(rng, size, name, greys[0]), 3, -1), name)
    scale = log_uniform(rng, 1.2, 7)  # of pores, against the size of a pixel
    _porous(rng, canvas, name, scale)
    for (name, _), grey, cut in zip(scheme[1:], greys[1:], cuts, strict=True):
        edge = depth - cut - _border(rng, size, name)
        canvas.lay(np.clip(edge + 0.5, 0, 1), material(rng, size, name, grey), name)
        _porous(rng, canvas, name, scale)
        if rng.random() < 0.4:  # what opened between the layers
            _open_gap(rng, canvas, edge, scale)
    _split(rng, canvas)
    canvas.shade(_beam(rng, size))
    return canvas.finish(int(rng.choice([0, 0, 0, 0, 0, 2, 2, 1, 3])))


_ODDS = np.array([4, 3, 1.5, 2, 1.5, 2, 1, 1, 1]) / 17


def _greys(rng: np.random.Generator, scheme: tuple[tuple[str, float], ...]) -> list[float]:
    """Brightness by layer, neighbours never quite alike."""
    drift = rng.normal(0, 0.05)
    greys = [float(np.clip(g + drift + rng.normal(0, 0.06), 0.03, 0.95)) for _, g in scheme]
    if rng.random() < 0.12:  # another alloy, another detector
        greys = [float(g) for g in rng.uniform(0.1, 0.95, len(scheme))]
    for i in range(1, len(greys)):
        apart = rng.uniform(0.035, 0.1)
        if abs(greys[i] - greys[i - 1]) < apart:
            up = greys[i - 1] < 0.15 or rng.random() < 0.3
            greys[i] = greys[i - 1] + (apart if up else -apart)
    return greys


def _depth_field(rng: np.random.Generator, size: int) -> Array:
    """How deep each pixel lies: rows, tilted and waved."""
    rows, cols = np.indices((size, size), dtype=np.float32)
    tilt = rng.normal(0, 0.07) if rng.random() < 0.8 else rng.normal(0, 0.5)
    wide = log_uniform(rng, size / 12, size / 2)
    wave = rng.choice([0.0, 0.2, 0.5, 1.0]) * wide * rng.uniform(0.3, 1)
    field = rows + tilt * (cols - size / 2) + wave * (haze(rng, size, (3 * wide, wide)) - 0.5)
    return field.astype(np.float32)


def _cuts(rng: np.random.Generator, size: int, names: list[str]) -> list[float]:
    """Depth at which each layer but the first begins; an oxide from a line to half the picture."""
    thick = []
    for name in names[1:-1]:
        thin = 0.015 if name == "oxide layer" else 0.08
        thick.append(size * log_uniform(rng, thin, 0.7))
    start = size * rng.uniform(-0.15, 0.95) - rng.uniform(0, 0.7) * sum(thick)
    return [float(c) for c in start + np.cumsum([0.0, *thick])]


def _border(rng: np.random.Generator, size: int, name: str) -> Array:
    """Own unevenness of the top of a layer: smooth, or ragged with bays and islands."""
    ragged = rng.choice([0.0, 1.0, 3.0]) if name == "oxide layer" else rng.choice([0.0, 0.7, 1.5])
    wide = log_uniform(rng, 3, 25)
    small = ragged * log_uniform(rng, 0.5, 4) * (rough(rng, size, log_uniform(rng, 2, 9)) - 0.5)
    large = rng.uniform(0, 1.2) * wide * (haze(rng, size, (wide, wide)) - 0.5)
    return small * 2 + large


def _porous(rng: np.random.Generator, canvas: Canvas, name: str, scale: float) -> None:
    """Put dark pores in one layer: round, lamellar, in clouds, or as a spray leaves them."""
    inside = canvas.where(name)
    if name in ("coating", "oxide layer") and rng.random() < 0.4:
        _sprayed(rng, canvas, inside)
        return
    amount = rng.choice([0.0, 0.02, 0.08, 0.2]) if name != "resin" else 0.0
    if amount == 0 or not inside.any():
        return
    if name in ("substrate", "bond coat"):
        amount /= 3
    size, stencil = canvas.size, Stencil(canvas.size)
    long = rng.choice([1.0, 1.5, 3.0, 6.0])
    count = min(250, int(amount * inside.sum() / (4 * scale**2)))
    spots = np.argwhere(inside)
    middles = spots[rng.integers(len(spots), size=count)] if count else spots[:0]
    crowd = haze(rng, size, size / 6)
    sizes = [scale * log_uniform(rng, 0.4, 2.2) for _ in range(15)] + [4 * scale]
    shapes = [blob(rng, radius, long * rng.uniform(0.4, 1.6), 0.5) for radius in sizes]
    for y, x in middles:
        if crowd[y, x] > rng.uniform(0.1, 0.8):
            stencil.polygon(place(shapes[rng.integers(16)], x, y, rng.normal(0, 0.2)))
    cover = np.minimum(stencil.cover(), inside)
    if rng.random() < 0.3:  # edges of a hole shine
        canvas.lay(
            soften(cover, 1.2) * inside, np.ones(3, np.float32), opacity=rng.uniform(0.1, 0.4)
        )
    floor = rng.uniform(0.02, 0.16) * (0.6 + 0.8 * haze(rng, size, 2))
    canvas.lay(cover, floor[..., None], "pore", rng.uniform(0.7, 1.0))


def _sprayed(rng: np.random.Generator, canvas: Canvas, inside: Array) -> None:
    """Many fine pores between splats, and ragged holes that splats have bridged."""
    size, tall = canvas.size, log_uniform(rng, 0.7, 2.5)
    fine = haze(rng, size, (tall, tall * log_uniform(rng, 1, 5)))
    fine = bend_down(rng, fine, 6 * tall) + rng.uniform(0, 0.6) * haze(rng, size, size / 6)
    holes = top(rough(rng, size, log_uniform(rng, 6, 40)), rng.choice([0.0, 0.01, 0.03, 0.08]))
    cover = soften((top(fine, rng.uniform(0.01, 0.12)) | holes).astype(np.float32), 0.4) * inside
    floor = rng.uniform(0.02, 0.16) * (0.6 + 0.8 * haze(rng, size, 2))
    canvas.lay(cover, floor[..., None], "pore", rng.uniform(0.7, 1.0))


def _open_gap(rng: np.random.Generator, canvas: Canvas, edge: Array, scale: float) -> None:
    """Open dark gaps along a border, here and there."""
    size = canvas.size
    wide = scale * log_uniform(rng, 0.4, 2.5) * (haze(rng, size, (size, size / 8)) - 0.45) * 5
    cover = np.clip(wide - np.abs(edge + rng.uniform(-1, 1) * scale) + 0.5, 0, 1)
    dark = np.full(3, rng.uniform(0.02, 0.12), np.float32)
    canvas.lay(cover, dark, "gap", rng.uniform(0.7, 1.0))


def _split(rng: np.random.Generator, canvas: Canvas) -> None:
    """Crack one layer from its top, mostly straight down."""
    size = canvas.size
    layers = [n for n in ("oxide layer", "coating", "bond coat") if canvas.where(n).any()]
    if not layers or rng.random() < 0.25:
        return
    layer = layers[0] if rng.random() < 0.75 else layers[-1]
    inside = canvas.where(layer, "pore", "gap")
    stencil = Stencil(size, 4)
    width = log_uniform(rng, 1, 5)
    for x in rng.uniform(0, size, rng.choice([1, 2, 3, 5, 8])):
        column = canvas.where(layer)[:, min(int(x), size - 1)]
        if not column.any():
            continue
        first, last = np.flatnonzero(column)[[0, -1]]
        reach = (last - first + 4) * (1.0 if rng.random() < 0.6 else rng.uniform(0.3, 1.0))
        y = first - 2 if rng.random() < 0.7 else last + 2 - reach
        heading = np.pi / 2 + rng.normal(0, 0.15)
        branches = crack(rng, np.array([x, y]), heading, reach, width)
        for path, wide in branches if rng.random() < 0.3 else branches[:1]:
            stencil.line(path, wide)
    cover = stencil.cover()
    if rng.random() < 0.8:  # else it runs on into the neighbours
        cover = np.minimum(cover, inside)
    if rng.random() < 0.3:
        canvas.lay(soften(cover, 1.0), np.ones(3, np.float32), opacity=rng.uniform(0.05, 0.3))
    dark = np.full(3, rng.uniform(0.0, 0.12), np.float32)
    canvas.lay(cover, dark, "crack", rng.uniform(0.4, 1.0))


def _beam(rng: np.random.Generator, size: int) -> Array:
    """Uneven yield: a slope of brightness, curtains of an ion beam, charging streaks."""
    along = np.linspace(-0.5, 0.5, size, dtype=np.float32)
    factor = 1 + rng.normal(0, 0.12) * along[:, None] + rng.normal(0, 0.12) * along
    if rng.random() < 0.2:
        factor = factor + rng.uniform(0.02, 0.15) * (haze(rng, size, (size, 1.5)) - 0.5)
    if rng.random() < 0.15:
        factor = factor + rng.uniform(0.02, 0.12) * (haze(rng, size, (0.8, size)) - 0.5)
    return factor.astype(np.float32)
