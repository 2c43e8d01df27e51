"""What tests measure in a drawing of the generator."""

import numpy as np


def share(drawing, *names):
    """Of all pixels, those of these parts; 0 where it has none of them."""
    wanted = [number for number, name in enumerate(drawing.names) if name in names]
    return float(np.isin(drawing.parts, wanted).mean())


def brightness(drawing, name):
    """Mean of a part that is there."""
    return float(drawing.image[drawing.parts == drawing.names.index(name)].mean())
