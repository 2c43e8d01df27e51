"""What the starter is trained by: pictures with captions, and patches with words."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

_UNSEEN = 0.2
"""Share taken for a phrase that a batch does not show, relative to equal shares."""
_ABSENT = 0.02
"""Share taken in a picture for a phrase that is asked and not there."""
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


@dataclass(frozen=True)
class Told:
    """What the patches of a batch are told, in P phrases of which the first means the rest.

    Attributes
    ----------
    targets : (B, N, P)
        Rows of shares: what each patch shows.
    kin : (B, P) bool
        Phrases of the picture's family.
    asked : (B, P) bool
        Phrases that someone asks of the picture; the first always is.
    answers : (B, N, P)
        Rows of shares among what is asked: what is not asked is the first phrase's.
    """

    targets: Tensor
    kin: Tensor
    asked: Tensor
    answers: Tensor


def told(shares: Tensor, means: Tensor, kin: Tensor, asked: Tensor) -> Told:
    """Say in phrases what patches show.

    Parameters
    ----------
    shares : (B, N, K)
        Of the categories in each patch.
    means : (K, P)
        Rows of shares: which phrases a category is meant by.
    kin : (B, K) bool
        Categories of the picture's family.
    asked : (B, P) bool
    """
    named = means * asked[:, None]
    named[..., 0] = 0  # a word of its own says more
    rest = torch.zeros_like(named[:, :, :1]).where(named.sum(-1, keepdim=True) > 0, 1)
    named = torch.cat([rest, named[..., 1:]], -1)
    answers = shares @ (named / named.sum(-1, keepdim=True))
    return Told(shares @ means, kin.to(means) @ means > 0, asked, answers)


def dense_loss(patches: Tensor, texts: Tensor, told: Told, scale: Tensor) -> Tensor:
    """Cross-entropy of every patch over phrases, rare ones weighing more.

    A quarter of it is over all phrases, a quarter over those of the picture's family, half over
    those that someone asks: so words are told apart everywhere, and most of all as people ask,
    who leave out what they do not want, and want it to be nothing else.

    Parameters
    ----------
    patches : (B, N, C)
    texts : (P, C)
    told
    scale
        Factor on cosines.

    Notes
    -----
    The logarithm of each phrase's share is added to its logits (logit adjustment, Menon et
    al. 2021), so that cosines need not say that ``background`` is frequent: without it that
    word is near everything and takes what is asked beside it. Among the words asked
    half of the logarithm is added, as what is small there usually is.
    """
    logits = scale * F.normalize(patches, dim=-1) @ F.normalize(texts, dim=-1).mT
    weight = _weight(told.targets)
    shares = (told.targets * weight[..., None]).sum(1, keepdim=True)
    overall = (shares.sum(0) / shares.sum()).clamp_min(_UNSEEN / len(texts))
    everywhere = logits + overall.log()
    within = everywhere.masked_fill(~(told.kin[:, None] | (shares > 0)), _NEVER)
    general = (everywhere.log_softmax(-1) + within.log_softmax(-1)) / 2
    weight_asked = _weight(told.answers)
    shares = (told.answers * weight_asked[..., None]).sum(1, keepdim=True)
    here = (shares / shares.sum(-1, keepdim=True)).clamp_min(_ABSENT)
    asked = (logits + here.log() / 2).masked_fill(~told.asked[:, None], _NEVER).log_softmax(-1)
    return (_mean(general, told.targets, weight) + _mean(asked, told.answers, weight_asked)) / 2


def _weight(targets: Tensor) -> Tensor:
    """Weight patches by how rare they are: a crack has few, and must neither vanish nor rule."""
    return targets @ targets.mean((0, 1)).clamp_min(1e-4).rsqrt()


def _mean(likely: Tensor, targets: Tensor, weight: Tensor) -> Tensor:
    return -((targets * likely).sum(-1) * weight).sum() / weight.sum()
