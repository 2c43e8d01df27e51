"""Sheets of titled pictures for the docs."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SIDE, TITLE = 256, 18
IMAGES = Path(__file__).parents[1] / "docs" / "images"


def write_sheet(tiles: Mapping[str, np.ndarray], columns: int, name: str) -> None:
    """Write pictures (H, W, 3) uint8 in rows, each below its title, to the images of the docs."""
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (columns * SIDE, rows * (SIDE + TITLE)), "white")
    draw = ImageDraw.Draw(sheet)
    for number, (title, tile) in enumerate(tiles.items()):
        left, top = number % columns * SIDE, number // columns * (SIDE + TITLE)
        draw.text((left + 4, top + 3), title, fill="black")
        sheet.paste(Image.fromarray(tile).resize((SIDE - 4, SIDE - 4)), (left + 2, top + TITLE))
    sheet.quantize(192).save(IMAGES / name, optimize=True)
