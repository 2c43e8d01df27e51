"""Parts of a recipe: how large an image is made, how it is cut, what its labels go through."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal, get_args

from napari_ovseg.errors import RecipeError

if TYPE_CHECKING:
    from napari_ovseg.grid import Grid

_AUTOMATIC_LIMIT = 1.5
MAX_SIDE = 60_000
"""Longest side of a working image, px."""

Blend = Literal["feathered", "merged", "exact"]


@dataclass(frozen=True, slots=True)
class WorkingSize:
    """How large the image is made before windows are cut; at most one field is set.

    Attributes
    ----------
    magnification
        Working pixels per image pixel; 1 is native.
    pixel_size
        Micrometres per working pixel, for calibrated images.
    short_side
        Length of the shorter side, px.

    Notes
    -----
    With no field set the shorter side is brought between the bounds of the encoder (two to
    nine windows where its folder names none): enough patches for small objects, a bounded
    time for large images. It is magnified by 1.5 at most, or to a whole window.
    """

    magnification: float | None = None
    pixel_size: float | None = None
    short_side: int | None = None

    def __post_init__(self) -> None:
        """Refuse contradictions and sizes that are none."""
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        given = {name: value for name, value in given.items() if value is not None}
        if len(given) > 1:
            raise RecipeError(f"give one of {', '.join(given)}, not {len(given)}; they contradict")
        for name, value in given.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e5:
                raise RecipeError(
                    f"{name} must be a number above 0 and below 100000, got {value!r}"
                )

    def magnify(self, shape: tuple[int, int], grid: Grid, bounds: tuple[int, int, int]) -> float:
        """Working pixels per image pixel for an image of `shape` (H, W).

        `bounds` are the smallest, lower and upper length of the shorter side, px.
        """
        short = min(shape)
        if self.magnification is not None:
            return self.magnification
        if self.short_side is not None:
            return self.short_side / short
        if self.pixel_size is not None:
            size = grid.micrometres
            if size is None:
                raise RecipeError(
                    f"pixel_size needs a calibrated image, got units {grid.units}; "
                    "calibrate the layer or use magnification instead"
                )
            return float(sum(size) / 2 / self.pixel_size)
        smallest, lower, upper = bounds
        wanted = min(max(lower / short, 1.0), _AUTOMATIC_LIMIT, upper / short)
        # A narrow strip is made as wide as fits; its windows are padded to a patch.
        return min(max(wanted, smallest / short), MAX_SIDE / max(shape))


@dataclass(frozen=True, slots=True)
class Tiling:
    """How windows are cut and joined.

    Attributes
    ----------
    crop, stride
        Side of a window and step, px; the encoder's native side and half of it if None.
        A crop of 0 makes the whole image one window.
    overlap
        Windows per window side where no stride is given: 2 is half a window's step, 1 no
        overlap.
    blend
        ``exact`` keeps windows apart and averages their scores, as the papers do;
        ``merged`` averages their features on one patch grid, which is smaller and faster;
        ``feathered`` does so with weights that fall linearly to the sides of a window, so that
        these cannot be seen as steps in the labels.
    scales
        Shares of the working size at which the image is encoded, the first 1; features of all
        are averaged, each with its share for a weight. Smaller ones show a window more of what
        is around. The encoder's own if empty: a CLIP of full size does with one.
    whole
        Whether the whole image is seen as well, brought to the size of a window; its scores
        count as much as those of all windows together. Only for a trained method, which
        does so if nothing is said.
    canvas
        Side of a square that the image is stretched to before windows are cut, px, as CAT-Seg
        was evaluated; only for a trained method.
    """

    crop: int | None = None
    stride: int | None = None
    blend: Blend = "merged"
    overlap: int = 2
    scales: tuple[float, ...] = ()
    whole: bool | None = None
    canvas: int | None = None

    def __post_init__(self) -> None:
        """Refuse windows that leave gaps."""
        if self.blend not in get_args(Blend):
            raise RecipeError(f"blend must be one of {get_args(Blend)}, got {self.blend!r}")
        if self.crop is not None and self.crop < 0:
            raise RecipeError(f"crop must be 0 or more px, got {self.crop}")
        if self.stride is not None and self.stride < 1:
            raise RecipeError(f"stride must be at least 1 px, got {self.stride}")
        if not 1 <= self.overlap <= 16:
            raise RecipeError(f"overlap must be 1..16 windows per side, got {self.overlap}")
        if self.scales and (self.scales[0] != 1 or not all(0.05 <= s <= 1 for s in self.scales)):
            raise RecipeError(f"scales must begin with 1 and be within 0.05..1, got {self.scales}")
        if len(self.scales) > 1 and self.blend == "exact":
            raise RecipeError("windows that are kept apart have one scale; use blend 'feathered'")
        if self.canvas is not None and not 1 <= self.canvas <= 10_000:
            raise RecipeError(f"canvas must be 1..10000 px, got {self.canvas}")
        if self.crop and self.stride and self.stride > self.crop:
            raise RecipeError(
                f"stride {self.stride} is larger than crop {self.crop}: pixels between "
                "windows would never be seen; use half the crop"
            )

    @property
    def feathered(self) -> bool:
        """Whether a window counts the less the nearer its sides are."""
        return self.blend == "feathered"


@dataclass(frozen=True, slots=True)
class Refinement:
    """What a label map goes through after the scores, at the image's own resolution.

    Attributes
    ----------
    pamr_steps, pamr_dilations
        Pixel-adaptive mask refinement of the scores (NACLIP and ITACLIP: 10 steps, dilations
        8 and 16 px); 0 leaves it out.
    edge_snap
        How strongly borders are drawn to the edges of the image, 0..1; 0 leaves it out.
    """

    pamr_steps: int = 0
    pamr_dilations: tuple[int, ...] = (8, 16)
    edge_snap: float = 0.0

    def __post_init__(self) -> None:
        """Refuse strengths and counts that are none."""
        if not 0 <= self.edge_snap <= 1:
            raise RecipeError(f"edge_snap must be within 0..1, got {self.edge_snap}")
        if not 0 <= self.pamr_steps <= 100:
            raise RecipeError(f"pamr_steps must be 0..100, got {self.pamr_steps}")
        if not self.pamr_dilations or min(self.pamr_dilations) < 1:
            raise RecipeError(f"pamr_dilations must be 1 px or more, got {self.pamr_dilations}")
