"""Rebuild the weights and inputs of a reference case from their names (see README there)."""

import json
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import open_clip
import torch
from open_clip.transformer import QuickGELU, TextTransformer, VisionTransformer

HERE = Path(__file__).parent / "reference"


@dataclass(frozen=True)
class Case:
    folder: Path
    salt: str
    spec: dict

    @property
    def id(self) -> str:
        return f"{self.folder.name}-{self.spec['id']}"

    def __getitem__(self, key):
        return self.spec[key]

    def outputs(self) -> dict[str, np.ndarray]:
        keys = self.spec["output"]
        keys = {"out": keys} if isinstance(keys, str) else keys
        with np.load(self.folder / "arrays.npz") as arrays:
            return {name: arrays[key] for name, key in keys.items()}

    def check(self, name: str, given: np.ndarray) -> None:
        expected = self.outputs()[name]
        tolerance = self.spec["tolerance"]
        tolerance = tolerance.get(name, tolerance)
        assert given.shape == expected.shape
        if "min_agreement" in tolerance:
            agreement = (given == expected).mean()
            assert agreement >= tolerance["min_agreement"], f"{agreement:.5f} of pixels agree"
            return
        bound = tolerance["atol"] + tolerance["rtol"] * np.abs(expected)
        outside = np.abs(given - expected) > bound
        worst = (np.abs(given - expected) / bound).max()
        allowed = tolerance.get("max_fraction_outside", 0.0)
        assert outside.mean() <= allowed, (
            f"{outside.mean():.5f} outside, worst {worst:.2f}x the bound"
        )


def sets() -> list[Path]:
    """The public set, and every set in the folders of $OVSEG_REFERENCE."""
    found = [HERE]
    for folder in filter(None, os.environ.get("OVSEG_REFERENCE", "").split(os.pathsep)):
        below = sorted(p.parent for p in Path(folder).rglob("cases.json"))
        assert below, f"$OVSEG_REFERENCE names {folder!r}, which holds no set"
        found += [p for p in below if not (HERE.samefile(p) or _same(p, HERE))]
    return found


def _same(a: Path, b: Path) -> bool:
    return (a / "cases.json").read_bytes() == (b / "cases.json").read_bytes() and (
        a / "set.json"
    ).read_bytes() == (b / "set.json").read_bytes()


def cases(*methods: str, kind: str) -> list[Case]:
    found = []
    for folder in sets():
        salt = json.loads((folder / "set.json").read_text())["salt"]
        specs = json.loads((folder / "cases.json").read_text())
        found += [
            Case(folder, salt, spec)
            for spec in specs
            if spec["kind"] == kind and spec["method"] in methods
        ]
    return found


def _state(name: str, salt: str) -> np.random.RandomState:
    return np.random.RandomState(zlib.crc32((salt + name).encode()) & 0x7FFFFFFF)


def randn(name: str, shape, salt: str) -> torch.Tensor:
    return torch.from_numpy(_state(name, salt).randn(*shape).astype(np.float32))


def weight(name: str, shape, std: float, salt: str) -> torch.Tensor:
    values = randn(name, shape, salt)
    is_norm = any(p in name for p in ("ln_", "norm", ".double_conv.1.", ".double_conv.4."))
    return 1 + 0.1 * values if is_norm and name.endswith("weight") else std * values


def fill(module: torch.nn.Module, case: Case, kind: str) -> torch.nn.Module:
    recipe = next(w for w in case["weights"] if w["object"] == kind)
    state = module.state_dict()
    for key, value in state.items():
        if value.ndim and not key.endswith("attn_mask"):
            state[key] = weight(recipe["name_prefix"] + key, value.shape, recipe["std"], case.salt)
    module.load_state_dict(state)
    return module.eval()


def visual(case: Case) -> VisionTransformer:
    m = case["model"]
    act = QuickGELU if m["activation"] == "quickgelu" else torch.nn.GELU
    module = VisionTransformer(
        image_size=m["image_size"], patch_size=m["patch_size"], width=m["width"],
        layers=m["layers"], heads=m["heads"], mlp_ratio=m.get("mlp_ratio", 4.0),
        output_dim=m["output_dim"], act_layer=act,
    )  # fmt: skip
    return fill(module, case, "visual")


def text_tower(case: Case) -> TextTransformer:
    o = case["options"]
    module = TextTransformer(
        context_length=o["context_length"], vocab_size=o["vocab_size"], width=o["width"],
        heads=o["heads"], layers=o["layers"], output_dim=o["output_dim"], act_layer=QuickGELU,
    )  # fmt: skip
    return fill(module, case, "text")


def make_input(case: Case, number: int) -> torch.Tensor:
    spec, salt = case["inputs"][number], case.salt
    name, shape, how = spec["name"], spec["shape"], spec["how"]
    op = how["op"]
    if op == "randn":
        return randn(name, shape, salt)
    if op == "randn_l2":
        values = randn(name, shape, salt)
        return values / values.norm(dim=-1, keepdim=True)
    if op == "weight":
        return weight(name, shape, how["std"], salt)
    if op == "affine":
        return how["offset"] + how["scale"] * randn(name, shape, salt)
    if op == "mix":
        terms = [c * randn(n, s, salt) for c, n, s in how["terms"]]
        return sum(terms).expand(shape)
    if op == "clusters":
        proto = randn(*how["proto"], salt)
        ids_name, ids_shape = how["ids"]
        ids = _state(ids_name, salt).randint(0, len(proto), size=ids_shape, dtype=np.int64)
        return proto[torch.from_numpy(ids)].movedim(-1, 1) + how["coef"] * randn(
            *how["noise"], salt
        )
    if op == "blocks":
        coarse = randn(*how["coarse"], salt)
        big = coarse.repeat_interleave(how["block"], -2).repeat_interleave(how["block"], -1)
        big = big[..., : shape[-2], : shape[-1]]
        return big + how["noise"] * randn(name, shape, salt)
    if op == "values":
        return torch.tensor(how["values"]).reshape(shape)
    raise AssertionError(f"unknown input {op!r}")


assert len(open_clip.OPENAI_IMAGENET_TEMPLATES) == 80
