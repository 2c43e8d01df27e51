"""The real architectures of SigLIP2 and BiomedCLIP with seeded random weights, less deep."""

import json

import torch
from open_clip.model import CustomTextCLIP
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from napari_ovseg.methods import METHODS, Windows

BERT = "microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract"
BERT_CONFIG = {
    "model_type": "bert", "architectures": ["BertForMaskedLM"], "vocab_size": 120,
    "hidden_size": 768, "num_hidden_layers": 2, "num_attention_heads": 12,
    "intermediate_size": 3072, "hidden_act": "gelu", "max_position_embeddings": 512,
    "type_vocab_size": 2, "layer_norm_eps": 1e-12, "pad_token_id": 0,
}  # fmt: skip
BIOMEDCLIP = {
    "model_cfg": {
        "embed_dim": 512,
        "vision_cfg": {"timm_model_name": "vit_base_patch16_224", "timm_model_pretrained": False,
                       "timm_pool": "", "timm_proj": "linear", "image_size": 224},
        "text_cfg": {"hf_model_name": BERT, "hf_tokenizer_name": BERT, "hf_proj_type": "mlp",
                     "hf_pooler_type": "cls_last_hidden_state_pooler", "context_length": 256},
    },
    "preprocess_cfg": {"mean": [0.48145466, 0.4578275, 0.40821073],
                       "std": [0.26862954, 0.26130258, 0.27577711]},
}  # fmt: skip
SIGLIP2 = {
    "model_cfg": {
        "embed_dim": 768, "init_logit_bias": -10, "custom_text": True,
        "vision_cfg": {"image_size": 224, "timm_model_name": "vit_base_patch16_siglip_224",
                       "timm_model_pretrained": False, "timm_pool": "map", "timm_proj": "none"},
        "text_cfg": {"context_length": 64, "vocab_size": 300, "hf_tokenizer_name": "timm/ViT-B-16-SigLIP2",
                     "tokenizer_kwargs": {"clean": "canonicalize"}, "width": 768, "heads": 12,
                     "layers": 1, "no_causal_mask": True, "proj_bias": True, "pool_type": "last",
                     "norm_kwargs": {"eps": 1e-6}, "act_kwargs": {"approximate": "tanh"}},
    },
    "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]},
}  # fmt: skip
CONFIGS = {"biomedclip": BIOMEDCLIP, "siglip2": SIGLIP2}


def built(family, bert_config):
    """Build the model of a family as open_clip does."""
    config = json.loads(json.dumps(CONFIGS[family]["model_cfg"]))
    config.pop("custom_text", None)
    if family == "biomedclip":
        config["text_cfg"] |= {"hf_model_name": str(bert_config), "hf_model_pretrained": False}
    torch.manual_seed(0)
    model = CustomTextCLIP(**config).eval().requires_grad_(False)
    for parameter in model.parameters():  # norms and biases too must count
        parameter.add_(0.02 * torch.randn_like(parameter))
    return model


def write_family(folder, family):
    """Write a folder as on the hub (weights as safetensors); returns the model, too."""
    folder.mkdir(parents=True)
    (folder / "open_clip_config.json").write_text(json.dumps(CONFIGS[family]))
    if family == "biomedclip":
        (folder / "text_config.json").write_text(json.dumps(BERT_CONFIG))
    write_tokenizer(folder, family)
    model = built(family, folder / "text_config.json")
    tensors = {k: v.contiguous() for k, v in model.state_dict().items()}
    save_file(tensors, folder / "open_clip_model.safetensors")
    return model


def write_tokenizer(folder, family):
    """Write a tokenizer of the family's kind with letters for words."""
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)]
    if family == "biomedclip":
        special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        words = [*special, *letters, *("##" + c for c in letters), ".", ",", "photo", "cell"]
        (folder / "vocab.txt").write_text("\n".join(words))
        vocabulary = {word: number for number, word in enumerate(words)}
        tokens = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
        tokens.normalizer = normalizers.BertNormalizer(lowercase=True)
        tokens.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokens.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
        )
        named = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]",
                 "sep_token": "[SEP]", "mask_token": "[MASK]", "tokenizer_class": "BertTokenizer"}  # fmt: skip
    else:
        special = ["<pad>", "<eos>", "<bos>", "<unk>"]
        words = [*special, "▁", *letters, "ce", "ll", "cell"]
        vocabulary = {word: number for number, word in enumerate(words)}
        merges = [("c", "e"), ("l", "l"), ("ce", "ll")]
        tokens = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True))
        tokens.normalizer = normalizers.Replace(" ", "▁")
        tokens.decoder = decoders.Replace("▁", " ")
        tokens.post_processor = processors.TemplateProcessing(
            single="$A <eos>", special_tokens=[("<eos>", 1)]
        )
        named = {"unk_token": "<unk>", "pad_token": "<pad>", "eos_token": "<eos>",
                 "bos_token": "<bos>", "padding_side": "right", "tokenizer_class": "GemmaTokenizer"}  # fmt: skip
    tokens.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(named))


UNTRAINED = [name for name in METHODS.names() if not METHODS.get(name).trained]
"""Methods that need nothing but an encoder."""


def check_method(name, vision, pixels):
    """Run a method on three windows of 3 x 5 patches: as a batch, and one by one."""
    method = METHODS.get(name)()

    def features(batch):
        windows = Windows(iter(pixels.split(batch)), 3)
        return torch.cat(list(method.features(vision, windows)))

    vectors = features(3)
    assert vectors.shape[:3] == (3, 3, 5)
    assert torch.isfinite(vectors).all()
    assert (features(1) - vectors).abs().max() <= 1e-5
