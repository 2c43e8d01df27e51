"""CAT-Seg's trained head: from what an encoder sees and the words to maps of categories.

Cho et al., CAT-Seg: Cost Aggregation for Open-Vocabulary Semantic Segmentation, CVPR 2024
(arXiv 2303.11797). Parts and tensors are named as in the published checkpoints.
"""

from napari_ovseg.aggregation._head import Head
from napari_ovseg.aggregation._sizes import Sizes

__all__ = ["Head", "Sizes"]
