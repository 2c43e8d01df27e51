"""A hub's tiny model, and folders of models as they are looked at."""

import open_clip
import torch

WEIGHTS, NAME = "open_clip_model.safetensors", "ViT-tiny-test:tag"


def answer(monkeypatch, text):
    """Sit at a terminal and answer a question; returns what was asked."""
    asked = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or text)
    return asked


def tree(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def flip(path, at=-100):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def same(first, second):
    pixels, words = torch.rand(2, 3, 32, 32), open_clip.tokenize(["a cat", "two dogs in the snow"])
    with torch.inference_mode():
        results = [(b.vision.project(b.vision.blocks[0](b.vision.embed(pixels))), b.text(words))
                   for b in (first, second)]  # fmt: skip
    return all(torch.equal(a, b) for a, b in zip(*results, strict=True))
