"""What suits an encoder better than the defaults, as the manifest in its folder says."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from napari_ovseg.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Preferences:
    """Values that a recipe takes where it leaves them to the encoder.

    Attributes
    ----------
    short_side
        Between which lengths (px) of the shorter side it works best; None if nobody said.
    scales
        Shares of the working size at which it should see an image, see `Tiling`; none for one
        size.
    method_values
        Hyper-parameters that suit it better than the papers', by method; a method without its
        guide has a name of its own, ``METHOD without a guide``.
    background_margin
        Logits, see `Recipe.background_margin`.
    """

    short_side: tuple[int, int] | None = None
    scales: tuple[float, ...] = ()
    method_values: dict[str, dict[str, float]] = field(default_factory=dict)
    background_margin: float = 0.0

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Preferences:
        """Read them from a manifest; what else it says is not looked at.

        Raises
        ------
        WeightsError
            If one is not what it should be.
        """
        try:
            sides = manifest.get("short_side")
            return cls(
                (int(sides[0]), int(sides[1])) if sides else None,
                tuple(float(scale) for scale in manifest.get("scales", ())),
                {
                    str(method): {str(name): _number(value) for name, value in given.items()}
                    for method, given in manifest.get("method_values", {}).items()
                },
                float(manifest.get("background_margin", 0)),
            )
        except (TypeError, ValueError, AttributeError, IndexError) as error:
            raise WeightsError(
                f"manifest.json of the model says something of another kind than expected: {error}"
            ) from error

    def told(self) -> dict[str, Any]:
        """Turn into what a manifest says; what is as usual is left out."""
        return {key: value for key, value in asdict(self).items() if value}


def _number(value: Any) -> float:
    return value if isinstance(value, int | float) else float(value)
