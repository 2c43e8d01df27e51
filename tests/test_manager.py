"""Models are brought, checked, packed and removed; nothing is fetched that nobody agreed to."""

import hashlib
import json
import re
import stat
import zipfile
from pathlib import Path

import open_clip
import pytest
import torch
from safetensors.torch import load_file, save_file

from families import BERT, write_family
from hub import COMMIT
from models import CONFIG, openai_archive, tiny_clip, write_folder
from napari_ovseg.backbones import _bundle, manager
from napari_ovseg.backbones._kept import Kept
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.cli import main
from napari_ovseg.errors import ExportError, InputError, WeightsError
from napari_ovseg.progress import run

WEIGHTS, NAME = "open_clip_model.safetensors", "ViT-tiny-test:tag"
REMOTE = f"someone/tiny/{WEIGHTS}"


@pytest.fixture
def models(tmp_path, monkeypatch):
    """Our own folder, empty, and no model kept in memory under a name of another test."""
    monkeypatch.setenv("OVSEG_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr("napari_ovseg.backbones.open_clip._kept", Kept("the model"))
    return tmp_path / "models"


@pytest.fixture
def hub(models, loopback):
    """A hub on loopback with the tiny model."""
    return loopback[0]


def answer(monkeypatch, text):
    """Sit at a terminal and answer a question; returns what was asked."""
    asked = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or text)
    return asked


def downloads(hub):
    return [span for method, path, span in hub.asked if "/resolve/" in path and method == "GET"]


def tree(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def flip(path, at=-100):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_a_device_has_one_copy_of_a_model_whatever_it_is_called():
    loaded = []
    kept = Kept("the model")
    for name in ("cuda", "cuda:0", "cuda:1", "cpu"):
        kept.get("a", torch.device(name), lambda *told: loaded.append(told) or told)
    assert [str(device) for _, device in loaded] == ["cuda", "cuda:1", "cpu"]


def test_nothing_is_asked_of_the_hub_before_agreement(hub, models, monkeypatch, capsys):
    asked = answer(monkeypatch, "n")
    assert main(["models", "fetch", NAME]) == 1
    answer(monkeypatch, "")
    assert main(["models", "fetch", NAME]) == 1
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert main(["models", "fetch", NAME]) == 2
    told = capsys.readouterr()
    assert hub.asked == []
    assert asked == ["Fetch it? [y/N] "]
    for text in ("licence of the weights: see the model card", "about 7 MB", "127.0.0.1:"):
        assert text in told.out
    assert "--yes" in told.err
    assert not models.exists()


@pytest.mark.parametrize("how", ["y", "--yes"])
def test_fetched_after_agreement(hub, models, monkeypatch, capsys, how):
    if how == "y":
        answer(monkeypatch, "y")
    assert main(["models", "fetch", NAME, *(["--yes"] if how == "--yes" else [])]) == 0
    folder = models / "ViT-tiny-test@tag"
    assert tree(models) == [f"ViT-tiny-test@tag/{n}" for n in
                            ("LICENCE.txt", "manifest.json", "open_clip_config.json", WEIGHTS)]  # fmt: skip
    assert (folder / WEIGHTS).read_bytes() == hub.files[REMOTE]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["origin"] == f"someone/tiny@{COMMIT}"
    backbone = load_backbone(NAME, "cpu")
    assert backbone.fingerprint == manifest["sha256"][WEIGHTS] == sha(folder / WEIGHTS)
    before = len(hub.asked)
    assert main(["models", "fetch", NAME, "--yes"]) == 2
    assert "already" in capsys.readouterr().err
    assert len(hub.asked) == before


def parts(models):
    return list((models / ".fetching" / "ViT-tiny-test@tag").iterdir())


def test_a_broken_download_goes_on_where_it_was(hub, models):
    hub.cut = 3_000_000
    with pytest.raises(WeightsError, match="goes on from there"):
        run(manager.fetch_steps(manager.offer(NAME)))
    (part,) = parts(models)
    kept = part.stat().st_size
    assert 0 < kept <= hub.cut
    assert part.read_bytes() == hub.files[REMOTE][:kept]
    hub.cut = None
    hub.asked.clear()
    run(manager.fetch_steps(manager.offer(NAME)))
    assert downloads(hub)[0].startswith(f"bytes={kept}-")
    assert (models / "ViT-tiny-test@tag" / WEIGHTS).read_bytes() == hub.files[REMOTE]


def test_a_cancelled_download_goes_on_where_it_was(hub, models):
    steps = manager.fetch_steps(manager.offer(NAME))
    while next(steps).stage != "fetching":
        pass
    steps.close()
    (part,) = parts(models)
    assert part.stat().st_size == 1 << 20
    sent = hub.sent
    progress = []
    run(manager.fetch_steps(manager.offer(NAME)), progress.append)
    assert sent < hub.sent < len(hub.files[REMOTE]) + 100_000  # no byte of the file twice
    fetching = [p for p in progress if p.stage == "fetching"]
    assert fetching[0].done > 1 << 20
    assert fetching[-1].done == fetching[-1].total == len(hub.files[REMOTE])


def test_ctrl_c_says_that_the_part_is_kept(hub, models, monkeypatch, capsys):
    from napari_ovseg.cli import _models as commands

    def interrupted(steps, name, unit):
        next(steps), next(steps)
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "drive", interrupted)
    assert main(["models", "fetch", NAME, "--yes"]) == 130
    assert "goes on from there" in capsys.readouterr().err
    assert len(parts(models)) == 1


def test_a_part_of_other_content_is_not_added_to(hub, models):
    steps = manager.fetch_steps(manager.offer(NAME))
    while next(steps).stage != "fetching":
        pass
    steps.close()
    data = bytearray(hub.files[REMOTE])
    data[500_000] ^= 1  # a newer file on the hub; the part holds the old byte
    hub.files[REMOTE] = bytes(data)
    folder = run(manager.fetch_steps(manager.offer(NAME)))
    assert (folder / WEIGHTS).read_bytes() == bytes(data)
    assert tree(models) == [f"{folder.name}/{p.name}" for p in sorted(folder.iterdir())]


def test_a_bit_that_arrives_wrong_is_found(hub, models):
    hub.flip = 6_000_000
    with pytest.raises(WeightsError, match=r"arrived damaged.*deleted"):
        run(manager.fetch_steps(manager.offer(NAME)))
    assert tree(models) == []
    hub.flip = None
    run(manager.fetch_steps(manager.offer(NAME)))
    assert load_backbone(NAME, "cpu").fingerprint == hashlib.sha256(hub.files[REMOTE]).hexdigest()


def test_a_mirror_without_ranges_is_told(hub, models):
    hub.ranges = False
    with pytest.raises(WeightsError, match="bytes of open_clip_model"):
        run(manager.fetch_steps(manager.offer(NAME)))


def test_hubs_that_have_not_what_is_wanted(hub, models):
    hub.files = {"someone/tiny/open_clip_pytorch_model.bin": b"pickle"}
    with pytest.raises(WeightsError, match="no safetensors"):
        run(manager.fetch_steps(manager.offer(NAME)))
    hub.files = {}
    with pytest.raises(WeightsError, match="cannot fetch"):
        run(manager.fetch_steps(manager.offer(NAME)))
    for name in ("starter", "no-such", "ViT-tiny-test:gat"):
        with pytest.raises(WeightsError):
            manager.offer(name)
    assert tree(models) == []


def test_offline_mode_is_respected(hub, models, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(WeightsError, match="offline mode"):
        run(manager.fetch_steps(manager.offer(NAME)))
    assert hub.asked == []


def test_the_tokenizer_comes_with_the_weights(hub, models, monkeypatch):
    """Some models read words through a tokenizer of another repository."""
    text = {**CONFIG["text_cfg"], "hf_tokenizer_name": "someone/words"}
    config = {**CONFIG, "text_cfg": text}
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, "ViT-tiny-test", config)
    hub.files |= {"someone/words/tokenizer.json": b"{}", "someone/words/vocab.txt": b"a",
                  "someone/words/pytorch_model.bin": b"no"}  # fmt: skip
    folder = run(manager.fetch_steps(manager.offer(NAME)))
    names = {p.name for p in folder.iterdir()}
    assert {"tokenizer.json", "vocab.txt", WEIGHTS} < names
    assert "pytorch_model.bin" not in names
    target = run(manager.pack_steps(NAME, folder.parent / "m.zip"))
    assert {"tokenizer.json", "vocab.txt"} < set(zipfile.ZipFile(target).namelist())


def same(first, second):
    pixels, words = torch.rand(2, 3, 32, 32), open_clip.tokenize(["a cat", "two dogs in the snow"])
    with torch.inference_mode():
        results = [(b.vision.project(b.vision.blocks[0](b.vision.embed(pixels))), b.text(words))
                   for b in (first, second)]  # fmt: skip
    return all(torch.equal(a, b) for a, b in zip(*results, strict=True))


def pickled(folder):
    """Turn a folder's weights into what BiomedCLIP's authors publish; returns the pickle."""
    tensors = load_file(folder / WEIGHTS)
    (folder / WEIGHTS).unlink()
    torch.save(tensors, folder / "open_clip_pytorch_model.bin")
    return folder / "open_clip_pytorch_model.bin"


def test_biomedclip_is_fetched_as_a_pickle_and_kept_as_safetensors(hub, models, tmp_path, less_deep, capsys):  # fmt: skip
    source = tmp_path / "biomedclip"
    write_family(source, "biomedclip")
    data = pickled(source).read_bytes()
    home = "microsoft/BiomedCLIP-PubMedBERT_256-vit_base_patch16_224"
    hub.files[f"{BERT}/config.json"] = (source / "text_config.json").read_bytes()
    for name in ("open_clip_config.json", "tokenizer.json", "tokenizer_config.json"):
        hub.files[f"{home}/{name}"] = (source / name).read_bytes()
    hub.files[f"{home}/open_clip_pytorch_model.bin"] = data
    with pytest.raises(WeightsError, match="ovseg models fetch BiomedCLIP"):
        load_backbone("BiomedCLIP", "cpu")
    hub.cut = 30_000_000
    assert main(["models", "fetch", "BiomedCLIP", "--yes"]) == 2
    hub.cut = None
    assert main(["models", "fetch", "BiomedCLIP", "--yes"]) == 0
    assert tree(models / "BiomedCLIP") == ["LICENCE.txt", "manifest.json", "open_clip_config.json",
                                           WEIGHTS, "text_config.json", "tokenizer.json", "tokenizer_config.json"]  # fmt: skip
    assert load_backbone("BiomedCLIP", "cpu").licence == "MIT (its card: for research)"
    assert main(["models", "verify", "BiomedCLIP"]) == 0
    assert main(["models", "pack", "BiomedCLIP", "-o", str(tmp_path / "b.zip")]) == 0
    assert main(["models", "remove", "BiomedCLIP", "--yes"]) == 0
    with pytest.raises(WeightsError):  # nor is it kept in memory
        load_backbone("BiomedCLIP", "cpu")
    assert main(["models", "import", str(tmp_path / "b.zip")]) == 0
    assert load_backbone("BiomedCLIP", "cpu").text is not None
    hub.files[f"{home}/open_clip_config.json"] = b"[]"
    with pytest.raises(WeightsError, match="not one of open_clip"):
        main_remove_and_fetch()


def main_remove_and_fetch():
    assert main(["models", "remove", "BiomedCLIP", "--yes"]) == 0
    run(manager.fetch_steps(manager.offer("BiomedCLIP")))


@pytest.mark.parametrize("name", ["QuiltNet-B-16", "QuiltNet-B-32"])
def test_quiltnet_is_fetched_as_a_pickle_of_clips_own_vit(hub, models, tmp_path, name):
    source = write_folder(tmp_path / "quilt", manifest=False)
    expected = load_file(source / WEIGHTS)
    for path in (pickled(source), source / "open_clip_config.json"):
        hub.files[f"wisdomik/{name}/{path.name}"] = path.read_bytes()
    run(manager.fetch_steps(manager.offer(name)))
    found = load_file(models / name / WEIGHTS)
    assert all(torch.equal(found[k], v) for k, v in expected.items())
    backbone = load_backbone(name, "cpu")
    assert backbone.licence.startswith("MIT")
    words = backbone.tokenize(["a gland"])
    assert torch.allclose(
        backbone.text(words), tiny_clip().eval().encode_text(words).detach(), atol=1e-5
    )


def test_a_folder_with_a_pickle_is_converted_when_imported(tmp_path, models):
    folder = write_folder(tmp_path / "m", manifest=False)
    expected = load_file(folder / WEIGHTS)
    pickled(folder)
    with pytest.raises(WeightsError, match="ovseg models import"):
        load_backbone(str(folder), "cpu")
    run(manager.import_steps(folder, "mine"))
    assert tree(models / "mine") == ["manifest.json", "open_clip_config.json", WEIGHTS]
    found = load_file(models / "mine" / WEIGHTS)
    assert all(torch.equal(found[k], v) for k, v in expected.items())
    (folder / "open_clip_pytorch_model.bin").write_bytes(b"\x80\x04nonsense")
    with pytest.raises(WeightsError, match="pickled weights"):
        run(manager.import_steps(folder, "other"))
    assert not (models / "other").exists()


@pytest.mark.parametrize("manifest", [True, False])
def test_import_of_a_folder(tmp_path, models, capsys, manifest):
    folder = write_folder(tmp_path / "stick" / "mine", tiny_clip(5), manifest=manifest)
    (folder / "notes.exe").write_bytes(b"not of a model")
    assert main(["models", "import", str(folder)]) == 0
    assert "its name is mine" in capsys.readouterr().out
    assert tree(models) == [f"mine/{n}" for n in ("manifest.json", "open_clip_config.json", WEIGHTS)]  # fmt: skip
    there, here = load_backbone(str(folder), "cpu"), load_backbone("mine", "cpu")
    assert same(there, here)
    assert here.fingerprint == there.fingerprint
    assert here.licence == ("CC0-1.0" if manifest else "unknown")
    assert main(["models", "import", str(folder)]) == 2
    assert "already" in capsys.readouterr().err
    assert main(["models", "import", str(folder), "--name", "other"]) == 0
    assert main(["models", "list"]) == 0
    assert re.search(r"^other +7 MB +32/8 +yes", capsys.readouterr().out, re.MULTILINE)


@pytest.mark.filterwarnings("ignore:.torch.jit:FutureWarning")
def test_import_of_an_archive(tmp_path, models, monkeypatch, capsys):
    archive, _ = openai_archive(tmp_path / "ViT-tiny.pt")
    assert main(["models", "import", str(archive)]) == 0
    assert same(load_backbone(str(archive), "cpu"), load_backbone("ViT-tiny", "cpu"))
    assert main(["models"]) == 0
    assert re.search(r"^ViT-tiny .*32/8 +yes", capsys.readouterr().out, re.MULTILINE)
    assert main(["models", "pack", "ViT-tiny", "-o", str(tmp_path / "a.zip")]) == 0
    assert main(["models", "import", str(tmp_path / "a.zip"), "--name", "again"]) == 0
    assert same(load_backbone("ViT-tiny", "cpu"), load_backbone("again", "cpu"))
    archive.write_bytes(archive.read_bytes()[:-5000])
    assert main(["models", "import", str(archive), "--name", "cut"]) == 2
    assert "cut" not in manager.stored_names()


def test_guides_are_models_too(tmp_path, hub, models, capsys):
    """A second encoder has files of other names, and is loaded by another loader."""
    timm = pytest.importorskip("timm")
    from napari_ovseg.backbones.guide import load_guide

    folder = tmp_path / "eye"
    folder.mkdir()
    sizes = {"depth": 1, "embed_dim": 48, "num_heads": 3, "img_size": 112}
    model = timm.create_model("vit_small_patch16_224", num_classes=0, **sizes)
    save_file(model.state_dict(), folder / "model.safetensors")
    told = {"architecture": "vit_small_patch16_224", "model_args": sizes}
    (folder / "config.json").write_text(json.dumps(told))
    assert main(["models", "pack", str(folder), "-o", str(tmp_path / "eye.zip")]) == 0
    assert main(["models", "import", str(tmp_path / "eye.zip")]) == 0
    assert load_guide("eye", "cpu").fingerprint == load_guide(str(folder), "cpu").fingerprint
    hub.files["timm/vit_small_patch16_224.dino/model.safetensors"] = b"weights"
    assert main(["models", "fetch", "dino_vits16", "--yes"]) == 0
    assert "licence of the weights: Apache-2.0" in capsys.readouterr().out
    assert (models / "dino_vits16" / "model.safetensors").read_bytes() == b"weights"
    assert main(["models", "verify", "dino_vits16"]) == 0
    assert main(["models"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "yes" in lines["dino_vits16"]
    assert "yes" in lines["eye"]
    assert "no" in lines["dino_vitb16"].split()


def spoilt(folder, how):
    if how == "flipped":
        flip(folder / WEIGHTS)
    elif how == "lost":
        (folder / WEIGHTS).unlink()
    elif how == "pickle":
        (folder / WEIGHTS).unlink()
        torch.save({}, folder / "m.pt")
    elif how == "manifest":
        (folder / "manifest.json").write_text('{"sha256": 3}')
    elif how == "other shape":
        (folder / "manifest.json").unlink()
        changed = {**CONFIG, "embed_dim": 24}
        (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": changed}))


@pytest.mark.parametrize("how", ["flipped", "lost", "pickle", "manifest", "other shape"])
def test_a_model_that_would_not_load_is_not_imported(tmp_path, models, how):
    folder = write_folder(tmp_path / "mine")
    spoilt(folder, how)
    with pytest.raises(WeightsError):
        run(manager.import_steps(folder))
    assert tree(models.parent / "models") == []
    assert manager.stored_names() == []


@pytest.mark.parametrize("name", ["starter", "../up", "a/b", "C:\\x", "nul", "a.", "", "a:b:c", "x" * 81])  # fmt: skip
def test_names_that_would_not_be_a_folder_everywhere_are_refused(tmp_path, models, name):
    folder = write_folder(tmp_path / "mine")
    (folder / "manifest.json").write_text(json.dumps({"name": name or "."}))
    with pytest.raises(InputError):
        run(manager.import_steps(folder))
    assert not models.exists()


def test_a_cancelled_import_leaves_nothing(tmp_path, models):
    folder = write_folder(tmp_path / "mine")
    for count in (1, 2, 3):
        steps = manager.import_steps(folder)
        for _ in range(count):
            next(steps)
        steps.close()
        assert list(models.iterdir()) == []


def test_packed_imported_and_loaded_it_is_the_same(tmp_path, models, hub, monkeypatch):
    """Fetched on one machine, carried as one file, and used on another that has no network."""
    run(manager.fetch_steps(manager.offer(NAME)))
    first = load_backbone(NAME, "cpu")
    assert main(["models", "pack", NAME, "-o", str(tmp_path / "a.zip")]) == 0
    assert main(["models", "pack", NAME, "-o", str(tmp_path / "b.zip")]) == 0
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == ["LICENCE.txt", "open_clip_config.json", WEIGHTS, "manifest.json"]  # fmt: skip
        assert "see the model card" in archive.read("LICENCE.txt").decode()
        sums = json.loads(archive.read("manifest.json"))["sha256"]
        assert sums == {n: hashlib.sha256(archive.read(n)).hexdigest() for n in archive.namelist()[:3]}  # fmt: skip

    monkeypatch.setenv("OVSEG_MODELS", str(tmp_path / "elsewhere"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert main(["models", "import", str(tmp_path / "a.zip")]) == 0
    folder = tmp_path / "elsewhere" / "ViT-tiny-test@tag"
    monkeypatch.setattr("napari_ovseg.backbones.open_clip._kept", Kept("the model"))
    assert same(first, load_backbone(NAME, "cpu"))
    assert load_backbone(NAME, "cpu") is not first
    assert main(["models", "pack", NAME, "-o", str(tmp_path / "c.zip")]) == 0
    assert json.loads((folder / "manifest.json").read_text())["origin"] == f"someone/tiny@{COMMIT}"


def test_a_damaged_model_is_not_packed(tmp_path, models):
    run(manager.import_steps(write_folder(tmp_path / "mine")))
    flip(models / "mine" / WEIGHTS)
    target = tmp_path / "out" / "a.zip"
    with pytest.raises(WeightsError, match="damaged"):
        run(manager.pack_steps("mine", target))
    steps = manager.pack_steps("starter", target)
    while next(steps).stage != "copying":
        pass
    steps.close()
    assert not target.parent.exists() or list(target.parent.iterdir()) == []
    assert main(["models", "pack", "starter", "-o", str(tmp_path / "a.tar")]) == 2
    (tmp_path / "file").touch()
    with pytest.raises(ExportError):
        run(manager.pack_steps("starter", tmp_path / "file" / "a.zip"))


def packed(tmp_path):
    folder = write_folder(tmp_path / "mine")
    return run(manager.pack_steps(str(folder), tmp_path / "mine.zip"))


def rewritten(source, change):
    """The same zip file with its list of members changed."""
    with zipfile.ZipFile(source) as archive:
        members = [(i.filename, archive.read(i), i.external_attr) for i in archive.infolist()]
    with zipfile.ZipFile(source, "w") as archive:
        for name, data, attributes in change(members):
            info = zipfile.ZipInfo(name)
            info.external_attr = attributes
            archive.writestr(info, data)
    return source


@pytest.mark.parametrize("name", ["../evil.txt", "/evil.txt", "a/../../evil.txt", "..\\evil.txt", "C:\\evil.txt",
                                  "a/tokenizer.json", ".hidden", "..", "tokenizer.json\n"])  # fmt: skip
def test_members_outside_of_the_folder_are_refused(tmp_path, models, name):
    source = rewritten(packed(tmp_path), lambda members: [*members, (name, b"x", 0)])
    before = tree(tmp_path)
    with pytest.raises(WeightsError, match="refused"):
        run(manager.import_steps(source))
    assert tree(tmp_path) == before


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_packed_files_that_are_not_ours(tmp_path, models, monkeypatch):
    def refused(change, told):
        with pytest.raises(WeightsError, match=told):
            run(manager.import_steps(rewritten(packed(tmp_path), change)))
        assert tree(models) == []

    refused(lambda m: [*m, m[0]], "two files of one name")
    refused(lambda m: [x for x in m if x[0] != WEIGHTS], "this one 0")
    refused(lambda m: [*m, ("other.pt", b"", 0)], "this one 2")
    refused(lambda m: [x for x in m if x[0] != "LICENCE.txt"], "missing")
    refused(lambda m: [(n, b"{" if n == "manifest.json" else d, a) for n, d, a in m], "not a model")
    refused(lambda m: [(n, d[:-1] if n == WEIGHTS else d, a) for n, d, a in m], "damaged")
    link = stat.S_IFLNK << 16  # written as a file, so that it points nowhere
    refused(lambda m: [("LICENCE.txt", b"/etc/passwd", link), *m[1:]], "damaged")
    monkeypatch.setattr(_bundle, "_SMALL_LIMIT", 10)
    refused(lambda m: m, "bytes; it is refused")
    monkeypatch.undo()


def test_damaged_and_encrypted_files(tmp_path, models):
    source = packed(tmp_path)
    whole = source.read_bytes()
    damages = [whole[:-100], whole[:2_000_000], b"", b"PK\x03\x04" + bytes(100)]
    flipped = bytearray(whole)
    flipped[3_000_000] ^= 1  # in the weights: the zip's own checksum tells
    encrypted = bytearray(whole)
    at = whole.index(b"PK\x01\x02")
    encrypted[at + 8] |= 1
    for data in (*damages, flipped, encrypted):
        source.write_bytes(data)
        with pytest.raises(WeightsError):
            run(manager.import_steps(source))
    for path in (tmp_path / "nowhere", tmp_path / "mine" / WEIGHTS):
        with pytest.raises(WeightsError, match="there is no model at"):
            run(manager.import_steps(path))
    assert not models.exists() or tree(models) == []


def test_verify_tells_what_is_damaged_and_what_is_gone(tmp_path, models, capsys):
    for name in ("fine", "flipped", "gone", "unread"):
        run(manager.import_steps(write_folder(tmp_path / name)))
    assert main(["models", "verify"]) == 0
    assert re.search(r"^starter +ok$", capsys.readouterr().out, re.MULTILINE)
    flip(models / "flipped" / WEIGHTS)
    (models / "gone" / WEIGHTS).unlink()
    (models / "unread" / "manifest.json").write_text("{")
    assert main(["models", "verify"]) == 1
    states = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert states == {"starter": "ok", "fine": "ok", "flipped": f"damaged  {WEIGHTS}",
                      "gone": f"missing  {WEIGHTS}", "unread": "damaged  manifest.json"}  # fmt: skip
    assert [main(["models", "verify", n]) for n in ("fine", "flipped", "gone", "never")] == [0, 1, 1, 1]  # fmt: skip
    flip(models / "fine" / "open_clip_config.json", 10)
    assert main(["models", "verify", "fine"]) == 1
    assert main(["models"]) == 0


def test_a_folder_without_sums_is_told(tmp_path, models):
    folder = write_folder(tmp_path / "mine", manifest=False)
    assert [v.state for v in run(manager.verify_steps(str(folder)))] == ["unknown"]
    write_folder(folder)
    assert [v.state for v in run(manager.verify_steps(str(folder)))] == ["ok"]


def test_models_in_the_hubs_cache(hub, models, tmp_path, monkeypatch, capsys):
    """What huggingface_hub itself fetched is found, verified, packed and removed."""
    from huggingface_hub import hf_hub_download

    file = Path(hf_hub_download("someone/tiny", WEIGHTS))
    assert main(["models", "fetch", NAME, "--yes"]) == 2
    assert "in the hub's cache already" in capsys.readouterr().err
    assert main(["models", "verify", NAME]) == 0
    assert main(["models", "pack", NAME, "-o", str(tmp_path / "a.zip")]) == 0
    flip(file)
    assert main(["models", "verify", NAME]) == 1
    answer(monkeypatch, "n")
    assert main(["models", "remove", NAME]) == 1
    assert file.exists()
    answer(monkeypatch, "y")
    assert main(["models", "remove", NAME]) == 0
    assert not file.exists()
    assert not (tmp_path / "hf" / "models--someone--tiny").exists()
    with pytest.raises(WeightsError, match="not on this machine"):
        load_backbone(NAME, "cpu")


def test_remove_takes_what_is_ours_and_no_more(hub, models, tmp_path, monkeypatch, capsys):
    own = write_folder(tmp_path / "mine")
    run(manager.import_steps(own))
    run(manager.import_steps(own, "other"))
    steps = manager.fetch_steps(manager.offer(NAME))
    while next(steps).stage != "fetching":
        pass
    steps.close()
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert main(["models", "remove", "mine"]) == 2
    assert manager.stored_names() == ["mine", "other"]
    assert main(["models", "remove", "mine", "--yes"]) == 0
    assert manager.stored_names() == ["other"]
    assert main(["models", "remove", NAME, "--yes"]) == 0  # the part of a fetch
    assert parts_left(models) == []
    for name in ("starter", "mine", str(own), "../other", "other/../other", "."):
        assert main(["models", "remove", name, "--yes"]) == 2
    assert manager.stored_names() == ["other"]
    assert tree(own)


def parts_left(models):
    return [p for p in tree(models) if p.startswith(".fetching")]


def test_a_folder_that_cannot_be_written(tmp_path, hub, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("OVSEG_MODELS", str(tmp_path / "file" / "models"))
    with pytest.raises(ExportError, match="OVSEG_MODELS"):
        run(manager.import_steps(write_folder(tmp_path / "mine")))
    with pytest.raises(ExportError, match="OVSEG_MODELS"):
        run(manager.fetch_steps(manager.offer(NAME)))
    assert hub.asked == []


def test_a_disk_too_small_is_told_first(tmp_path, hub, models, monkeypatch):
    from types import SimpleNamespace

    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    for steps in (manager.fetch_steps(manager.offer(NAME)), manager.import_steps(write_folder(tmp_path / "mine"))):  # fmt: skip
        with pytest.raises(ExportError, match="needs 7 MB"):
            run(steps)
    assert downloads(hub) == []
    assert tree(models) == []


def test_the_full_listing(tmp_path, models, capsys):
    run(manager.import_steps(write_folder(tmp_path / "mine")))
    (models / "stray").mkdir()
    (models / "not a model").mkdir()
    assert main(["models"]) == 0
    plain = capsys.readouterr().out
    assert main(["models", "list"]) == 0
    assert capsys.readouterr().out == plain
    lines = {line.split()[0]: line for line in plain.splitlines()[1:]}
    assert len(lines) > 70
    assert "yes" in lines["starter"]
    assert "yes" in lines["mine"]
    assert "no" in lines["stray"]
    assert "not" not in lines
    assert "no" in lines["ViT-B-16-quickgelu:openai"]
    assert "MIT" in lines["ViT-B-16-quickgelu:openai"]
    assert "no commercial use" in lines["ViT-B-16-quickgelu:metaclip_400m"]


@pytest.mark.parametrize("command", ["list", "fetch", "import", "verify", "remove", "pack"])
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["models", command, "--help"])
    assert f"ovseg models {command}" in capsys.readouterr().out
