"""Guides: second encoders that say which patches belong together, and know no words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor

from napari_ovseg.backbones import _dino, _files
from napari_ovseg.backbones._kept import Kept
from napari_ovseg.backbones._loaded import Loaded, statistics
from napari_ovseg.backbones._locate import find_guide
from napari_ovseg.backbones._timm import TimmVision, difference
from napari_ovseg.device import choose_device
from napari_ovseg.errors import WeightsError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from napari_ovseg.progress import Stop

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's RGB values 0..1, which DINO and DINOv2 were trained on."""
_SIZES = ("img_size", "patch_size", "embed_dim", "depth", "num_heads", "mlp_ratio", "init_values")
"""What a config may say of an architecture; nothing that names a file or a network."""


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Guide(Loaded):
    """An image encoder whose patch tokens are compared with each other.

    Attributes
    ----------
    patch
        Side of a patch, px.
    parameters
        How many numbers it has: what a pass costs.
    """

    patch: int
    parameters: int
    _vision: TimmVision = field(repr=False)

    def __call__(self, rgb: Tensor, grid: tuple[int, int]) -> Tensor:
        """Encode windows: (B, 3, h, w) in 0..1 to (B, C, Hf, Wf) float32.

        Parameters
        ----------
        rgb
            Windows as the other encoder sees them, before its normalisation and without a
            remainder smaller than its patch.
        grid
            Rows and columns of the other encoder's patches; Hf, Wf are `fine_grid` of them.

        Returns
        -------
        (B, C, Hf, Wf)
            Patch tokens after the last block and the final norm, not of unit length.
        """
        fine = self.fine_grid((rgb.shape[-2], rgb.shape[-1]), grid)
        pixels = _resized(rgb.to(self.mean), (fine[0] * self.patch, fine[1] * self.patch))
        x = self._vision.embed(self.normalise(pixels))
        for block in self._vision.blocks:
            x = block(x)
        maps: Tensor = self._vision.project(x).mT.unflatten(2, fine).float()
        return maps

    def interruptible(self, stop: Stop | None) -> AbstractContextManager[None]:
        """See `Vision.interruptible`."""
        return self._vision.interruptible(stop)

    def fine_grid(self, window: tuple[int, int], grid: tuple[int, int]) -> tuple[int, int]:
        """Rows and columns of the maps: a whole multiple of the other encoder's grid.

        The multiple that leaves the window nearest to its own size, but twice for a patch of
        14 px: no multiple fits the usual 16 px, and one would be coarser than the window.

        Parameters
        ----------
        window
            Height and width, px.
        grid
            Rows and columns of the other encoder's patches.
        """
        side = min(window[0] / grid[0], window[1] / grid[1])  # px of the other encoder's patch
        multiple = 2 if self.patch == 14 else max(1, round(side / self.patch))
        return grid[0] * multiple, grid[1] * multiple


def _resized(rgb: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize windows (B, 3, h, w), if they have not that size already."""
    given = (rgb.shape[-2], rgb.shape[-1])
    if given == size:
        return rgb
    shrinks = size[0] < given[0] or size[1] < given[1]
    return F.interpolate(rgb, size=size, mode="bilinear", antialias=shrinks)


_kept: Kept[Guide] = Kept("the guide")


def load_guide(name: str, device: str = "auto") -> Guide:
    """Load a guide, or return it if it was among the last two.

    Parameters
    ----------
    name
        A name of the catalogue, as ``dino_vitb8``, or a folder with ``config.json`` and
        ``model.safetensors`` like timm's hub repositories.
    device
        ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps``.

    Raises
    ------
    WeightsError
        If the weights are missing, damaged, or do not fit the architecture to the last
        tensor. A guide is never left with random weights, and nothing is downloaded.
    """
    return _kept.get(name, choose_device(device), _load)


def forget(name: str) -> None:
    """Load it anew when it is asked for again: its files may be others then."""
    _kept.forget(name)


def _load(name: str, device: torch.device) -> Guide:
    weights = find_guide(name)
    fingerprint = weights.verified()
    tensors = _files.read_tensors(weights.file)
    config = weights.config or {}
    mean, std = _statistics(config, device)
    model = _build(config)
    # A token of DINOv2's training, which converted checkpoints may still hold.
    _files.fill(model, tensors, weights.file.name, optional={"mask_token"})
    model = model.float().eval().requires_grad_(False).to(device)
    vision = TimmVision(model)
    return Guide(
        name=name,
        fingerprint=fingerprint,
        identity=weights.identity(fingerprint),
        licence=weights.licence,
        patch=vision.patch,
        device=device,
        parameters=vision.parameters,
        mean=mean,
        std=std,
        _vision=vision,
    )


def _statistics(config: dict[str, Any], device: torch.device) -> tuple[Tensor, Tensor]:
    try:
        return statistics(config.get("pretrained_cfg", {}), (_MEAN, _STD), device)
    except (AttributeError, TypeError, ValueError, RuntimeError) as error:
        raise _unusable(error) from error


def _build(config: dict[str, Any]) -> Any:
    """Build the architecture of a config; its weights are still without meaning."""
    from timm.models import is_model_in_modules, model_entrypoint

    try:
        architecture = str(config["architecture"])
        if not is_model_in_modules(architecture, ["vision_transformer"]):
            raise WeightsError(f"timm has no plain ViT called {architecture!r}")
        # No checkpoint, head or pooling: the tokens after the final norm are what is wanted.
        model = model_entrypoint(architecture)(
            pretrained=False,
            num_classes=0,
            global_pool="token",
            weight_init="skip",
            **_sizes(config),
        )
    except (LookupError, TypeError, ValueError, ArithmeticError, AssertionError) as error:
        raise _unusable(error) from error
    other = difference(model) or _needed(model)
    if other:
        raise WeightsError(
            "only plain ViTs of timm with one CLS token, learnt positions and a final norm "
            f"can be guides, such as DINO's and DINOv2's without registers; {other}"
        )
    return model


def _sizes(config: dict[str, Any]) -> dict[str, float]:
    """What a config says of its architecture beyond the name."""
    sizes = dict(config.get("model_args") or {})
    if pixels := config.get("pretrained_cfg", {}).get("input_size"):
        sizes.setdefault("img_size", pixels[-1])
    for key, value in sizes.items():
        if key not in _SIZES or not isinstance(value, int | float) or value <= 0:
            raise ValueError(f"{key} = {value!r} is not a size")
    return sizes


def _needed(model: Any) -> str:
    """What a guide must have beyond what `TimmVision` runs."""
    if model.cls_token is None:
        return "it has no CLS token"
    return "it has no final norm" if isinstance(model.norm, torch.nn.Identity) else ""


def _unusable(error: Exception) -> WeightsError:
    return WeightsError(f"the guide's {_dino.NAMES[1]} cannot be used: {error!r}")
