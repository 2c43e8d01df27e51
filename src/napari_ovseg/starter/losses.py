"""What the starter is trained by: pictures with captions, and patches with words."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_UNSEEN = 0.2
"""Share taken for a phrase that a batch does not show, relative to equal shares."""
_NEVER = -1e4
"""Logit of what is left out: finite, so that a share of nothing times it is nothing."""


def contrastive_loss(images: Tensor, texts: Tensor, true: Tensor, scale: Tensor) -> Tensor:
    """Symmetric InfoNCE whose targets are spread over all true pairs.

    Parameters
    ----------
    images, texts : (B, C)
    true : (B, B)
        1 where text j is true of image i.
    scale
        Factor on cosines.
    """
    logits = scale * F.normalize(images, dim=-1) @ F.normalize(texts, dim=-1).mT
    rows = true / true.sum(1, keepdim=True)
    columns = true / true.sum(0, keepdim=True)
    by_image = -(rows * logits.log_softmax(1)).sum(1).mean()
    by_text = -(columns * logits.log_softmax(0)).sum(0).mean()
    return (by_image + by_text) / 2


def shares_of(ids: Tensor, patch: int, categories: int) -> Tensor:
    """How much of each patch is of which category: (B, S, S) int to (B, N, K)."""
    patches = ids.unfold(1, patch, patch).unfold(2, patch, patch).flatten(3).flatten(1, 2).long()
    shares = torch.zeros(*patches.shape[:2], categories, device=ids.device)
    return shares.scatter_add_(
        2, patches, torch.full_like(patches, 1 / patch**2, dtype=torch.float)
    )


def dense_loss(
    patches: Tensor, texts: Tensor, targets: Tensor, kin: Tensor, scale: Tensor
) -> Tensor:
    """Cross-entropy of every patch over phrases, rare ones weighing more.

    A quarter of it is over all phrases, a quarter over those of the picture's family, half over
    those that the picture shows: so words are told apart everywhere, and most of all where they
    meet, which is what people ask.

    Parameters
    ----------
    patches : (B, N, C)
    texts : (P, C)
    targets : (B, N, P)
        Rows of shares.
    kin : (B, P) bool
        Phrases of the picture's family.
    scale
        Factor on cosines.

    Notes
    -----
    The logarithm of each phrase's share is added to its logits (logit adjustment, Menon et
    al. 2021), so that cosines need not say that ``background`` is frequent: without it that
    word is near everything and takes what is asked beside it. Among the words of a picture
    half of the logarithm is added, as what is small there usually is.
    """
    logits = scale * F.normalize(patches, dim=-1) @ F.normalize(texts, dim=-1).mT
    # A crack has few patches: by the square root, so that it neither vanishes nor rules.
    rarity = targets.mean((0, 1)).clamp_min(1e-4).rsqrt()
    weight = targets @ rarity
    shares = (targets * weight[..., None]).sum(1, keepdim=True)
    overall = (shares.sum(0) / shares.sum()).clamp_min(_UNSEEN / len(texts))
    everywhere = logits + overall.log()
    shown = shares > 0
    within = everywhere.masked_fill(~(kin[:, None] | shown), _NEVER)
    here = shares / shares.sum(-1, keepdim=True)
    adjusted = (logits + here.clamp_min(1e-12).log() / 2).masked_fill(~shown, _NEVER)
    likely = sum(
        share * each.log_softmax(-1)
        for share, each in ((0.25, everywhere), (0.25, within), (0.5, adjusted))
    )
    each = -(targets * likely).sum(-1)
    return (each * weight).sum() / weight.sum()
