"""How several channels are shown together, which is what the model sees of them.

Each channel is coloured as it would be alone, then laid over those before it. The arithmetic
is that of OpenGL as napari 0.9 sets it up for each blending, on an opaque black canvas; the
lowest channel covers the canvas.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from napari_ovseg._typed import build
from napari_ovseg.composite import choose, split
from napari_ovseg.display import Display, robust_limits
from napari_ovseg.errors import RecipeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_ovseg.image import Image

Blending = Literal[
    "additive", "translucent", "translucent_no_depth", "opaque", "minimum", "multiplicative"
]


@dataclass(frozen=True, slots=True)
class Channel:
    """One of several channels.

    Attributes
    ----------
    name
        By which it is found in another image of the series.
    display
        Limits, gamma and colours.
    blending
        How it is laid over the channels before it.
    opacity
        Share of it that shows, 0..1.
    """

    name: str = ""
    display: Display = field(default_factory=Display)
    blending: Blending = "additive"
    opacity: float = 1.0

    def __post_init__(self) -> None:
        """Refuse blendings and opacities that are none."""
        if self.blending not in get_args(Blending):
            raise RecipeError(
                f"blending must be one of {', '.join(get_args(Blending))}, got {self.blending!r}"
            )
        if not 0 <= self.opacity <= 1:
            raise RecipeError(f"opacity must be within 0..1, got {self.opacity}")

    def over(self, below: np.ndarray, shown: np.ndarray, is_lowest: bool) -> np.ndarray:
        """Lay intensities (H, W), coloured, over colours (H, W, 3): (H, W, 3), all 0..1."""
        colours = self.display.colour(shown)
        share = np.float32(self.opacity)
        if self.blending == "minimum":
            return colours if is_lowest else np.minimum(below, colours)
        if self.blending == "additive":
            return np.clip(below + share * colours, 0, 1)
        if is_lowest or self.blending.startswith("translucent"):
            return share * colours + (1 - share) * below
        return colours if self.blending == "opaque" else below * colours


@dataclass(frozen=True, slots=True)
class Channels:
    """From the values of several channels to the colours on the screen; stands for a `Display`.

    Attributes
    ----------
    channels
        From the lowest to the topmost.
    """

    channels: tuple[Channel, ...] = ()

    def __post_init__(self) -> None:
        """Refuse none."""
        if not self.channels:
            raise RecipeError("channels that are shown together must be one or more")

    def places(self, names: Sequence[str]) -> list[int]:
        """Find the channels in an image: by name if it has all, else in order.

        Raises
        ------
        RecipeError
            If the image has neither all names nor as many channels.
        """
        wanted = [channel.name for channel in self.channels]
        if len(set(wanted)) == len(wanted) and all(list(names).count(n) == 1 for n in wanted):
            return [list(names).index(name) for name in wanted]
        if len(names) == len(wanted):
            return list(range(len(wanted)))
        raise RecipeError(
            f"the recipe shows the channels {', '.join(wanted)} together, the image has "
            f"{', '.join(names)}; rename them, or give as many in the same order"
        )

    def resolve(self, image: Image) -> Channels:
        """Return a copy with limits for all channels: those set, or robust ones of the image."""
        return Channels(
            tuple(
                channel
                if channel.display.limits is not None
                else replace(
                    channel, display=replace(channel.display, limits=robust_limits(image, n))
                )
                for n, channel in enumerate(self.channels)
            )
        )

    def apply(self, pixels: np.ndarray) -> np.ndarray:
        """Turn stored values (H, W, C) into shown intensities: float32 in 0..1, not coloured."""
        shown = [c.display.apply(pixels[..., n]) for n, c in enumerate(self.channels)]
        return np.stack(shown, axis=-1)

    def colour(self, shown: np.ndarray) -> np.ndarray:
        """Colour (H, W, C) intensities in 0..1 and blend them: (H, W, 3) float32 in 0..1."""
        picture = np.zeros((*shown.shape[:2], 3), np.float32)
        for n, channel in enumerate(self.channels):
            picture = channel.over(picture, shown[..., n], n == 0)
        return picture


Shown = Display | Channels
"""How an image is shown: one picture, or its channels together."""


def as_shown(image: Image, display: Shown) -> Image:
    """Take of an image the channels that are shown, in their order; a plain picture as it is.

    Raises
    ------
    ImageError, RecipeError
        If the image does not have them, or has channels and only one picture is shown.
    """
    if isinstance(display, Display):
        if image.channels and image.rgb:
            raise RecipeError(
                f"{image.name!r} has the channels {', '.join(image.channels)}, and the recipe says "
                "how one picture is shown; give a display with channels"
            )
        return image
    composite = image if image.channels and image.rgb else split(image)
    return choose(composite, display.places(composite.channels))


def channels_from(table: Mapping[str, Any]) -> Channels:
    """Build channels from the table of a recipe.

    Raises
    ------
    RecipeError
        If a field is unknown, of the wrong kind or impossible.
    """
    if unknown := sorted(set(table) - {"channels"}):
        raise RecipeError(f"[display] with channels has no fields {', '.join(unknown)}")
    channels = table["channels"]
    if not isinstance(channels, list) or not all(isinstance(each, dict) for each in channels):
        raise RecipeError(f"channels of [display] must be tables, got {channels!r}")
    return Channels(tuple(_channel_from(each) for each in channels))


def _channel_from(table: dict[str, Any]) -> Channel:
    display = build(Display, table.get("display", {}), "display")
    return build(Channel, {**table, "display": display}, "display.channels")
