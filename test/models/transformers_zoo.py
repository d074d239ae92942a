#!/usr/bin/env python3
"""Small transformers of the library of that name, exported by torch in both ways, compiled and compared.

    pip install torch transformers onnx onnxscript numpy
    python transformers_zoo.py export FOLDER [NAME ...]
    pip install onnx onnxruntime numpy
    QUANTC=... python transformers_zoo.py check FOLDER [NAME ...] [--recipe f32]

The first writes FOLDER/NAME-EXPORTER.onnx with inputs of several sizes beside it, the second runs one artefact of
each at all of them. Weights are random. Errors are the largest difference over the largest output.
"""

import argparse
import os
import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np

SIZES = dict(vocab_size=100, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128)
ENCODER = SIZES | dict(max_position_embeddings=64)
DECODER = SIZES | dict(num_key_value_heads=2, max_position_embeddings=128)
VISION = {k: v for k, v in SIZES.items() if k != "vocab_size"} | dict(image_size=32, patch_size=8)
SEQ2SEQ = dict(vocab_size=100, d_model=64, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
               decoder_attention_heads=4, encoder_ffn_dim=128, decoder_ffn_dim=128, pad_token_id=0)

# By kind: names, and what their configurations have beside the kind's sizes. Windows are as wide as padding is long:
# a row all of whose keys are hidden is another mean than in ONNX Runtime (docs/rationale.md).
MODELS = {
    "encoder": {
        "Bert": {}, "Roberta": {}, "Electra": dict(embedding_size=32), "MPNet": {}, "Albert": dict(embedding_size=32),
        "Camembert": {}, "XLMRoberta": {}, "Ernie": {}, "NomicBert": {}, "SqueezeBert": dict(embedding_size=64),
        "EuroBert": dict(num_key_value_heads=2, pad_token_id=0),
        "Deberta": dict(relative_attention=True, pos_att_type=["p2c", "c2p"], max_relative_positions=16),
        "DebertaV2": dict(relative_attention=True, pos_att_type=["p2c", "c2p"], position_buckets=8),
        "ModernBert": dict(local_attention=64, pad_token_id=0, bos_token_id=1, eos_token_id=2, cls_token_id=1,
                           sep_token_id=2),
    },
    "decoder": {
        "Llama": {}, "Mistral": dict(sliding_window=64), "Qwen2": {}, "Qwen3": dict(head_dim=16), "Olmo2": {},
        "Gemma2": dict(head_dim=16, query_pre_attn_scalar=16, sliding_window=64),
        "Phi": dict(num_key_value_heads=4), "Phi3": dict(pad_token_id=0), "StableLm": {}, "Starcoder2": {},
        "Granite": {}, "SmolLM3": dict(pad_token_id=0), "Glm4": dict(head_dim=16, pad_token_id=0),
        "GPTNeoX": dict(num_key_value_heads=None), "Falcon": dict(multi_query=True, num_key_value_heads=None),
    },
    "cached": {"Llama": {}, "Mistral": dict(sliding_window=6), "Qwen3": dict(head_dim=16)},
    "seq2seq": {
        "Bart": dict(max_position_embeddings=64), "Marian": dict(max_position_embeddings=64),
        "T5": dict(d_model=64, d_kv=16, d_ff=128, num_layers=2, num_heads=4),
    },
    "vision": {
        "ViT": {}, "DeiT": {}, "Beit": dict(use_relative_position_bias=True, use_mask_token=False), "Dinov2": {},
        "Swin": dict(patch_size=2, embed_dim=16, depths=[2, 2], num_heads=[2, 4], window_size=4),
        "Swinv2": dict(patch_size=2, embed_dim=16, depths=[2, 2], num_heads=[2, 4], window_size=4),
        "SiglipVision": {}, "CLIPVision": {},
    },
}


def configure(module, kind, name, more):
    base = {"encoder": ENCODER, "vision": VISION, "seq2seq": SEQ2SEQ}.get(kind, DECODER)
    if name == "T5":
        base = dict(vocab_size=100, decoder_start_token_id=0)
    elif name.startswith("Swin"):
        base = dict(image_size=32)
    values = {k: v for k, v in (base | more).items() if v is not None}
    return getattr(module, f"{name}Config")(**values)


def build(kind, name, more):
    """A model, its call on tensors, their open dims by name, and such tensors at several sizes."""
    import torch
    import transformers

    torch.manual_seed(0)
    config = configure(transformers, kind, name, more)
    suffix = "ForCausalLM" if kind in ("decoder", "cached") else "Model"
    model = getattr(transformers, name + suffix)(config).eval()

    def ids(batch, length):
        return torch.randint(3, 90, (batch, length))

    def mask(batch, length, padded=True):
        keep = [length - (padded and i * length // 3) for i in range(batch)]
        return (torch.arange(length)[None] < torch.tensor(keep)[:, None]).long()

    rows = {0: "batch", 1: "seq"}
    if kind == "vision":
        return model, (lambda x: model(x)[0]), {"x": {0: "batch"}}, [{"x": torch.randn(b, 3, 32, 32)} for b in (2, 1)]
    if kind == "seq2seq":
        feeds = [{"ids": ids(b, s), "mask": mask(b, s), "target": ids(b, t)} for b, s, t in ((2, 19, 6), (1, 7, 11))]
        return (model, lambda i, m, t: model(input_ids=i, attention_mask=m, decoder_input_ids=t, use_cache=False)[0],
                {"ids": rows, "mask": rows, "target": {0: "batch", 1: "target"}}, feeds)
    if kind == "cached":
        def call(i, m, *past):
            cache = transformers.DynamicCache()
            for layer in range(2):
                cache.update(past[2 * layer], past[2 * layer + 1], layer)
            out = model(input_ids=i, attention_mask=m, past_key_values=cache, use_cache=True)
            return (out.logits, *(x for layer in out.past_key_values.layers for x in (layer.keys, layer.values)))

        names = [f"{what}{layer}" for layer in range(2) for what in ("key", "value")]
        dims = {"ids": rows, "mask": {0: "batch", 1: "total"}} | {n: {0: "batch", 2: "past"} for n in names}
        return model, call, dims, [{"ids": ids(b, s), "mask": mask(b, s + p, False)} | {n: torch.randn(b, 2, p, 16) for n in names}
                            for b, s, p in ((2, 5, 7), (1, 1, 19), (1, 6, 3))]
    arguments = {} if kind == "encoder" else {"use_cache": False}
    return (model, lambda i, m: model(input_ids=i, attention_mask=m, **arguments)[0], {"ids": rows, "mask": rows},
            [{"ids": ids(b, s), "mask": mask(b, s, kind == "encoder")} for b, s in ((2, 19), (1, 7), (3, 33))])


def export(path, model, call, dims, feeds, is_dynamo):
    import torch

    class Model(torch.nn.Module):
        pass

    # Exporters read the names of the arguments.
    scope = {"call": call}
    exec(f"def forward(self, {', '.join(dims)}): return call({', '.join(dims)})", scope)
    Model.forward = scope["forward"]
    module = Model()
    module.weights = model
    arguments = tuple(feeds[0].values())
    with torch.no_grad():
        if is_dynamo:
            open_dims = tuple({axis: torch.export.Dim.DYNAMIC for axis in own} for own in dims.values())
            torch.onnx.export(module.eval(), arguments, path, input_names=list(dims), dynamic_shapes=open_dims,
                              dynamo=True, opset_version=20, external_data=False, verbose=False)
        else:
            torch.onnx.export(module.eval(), arguments, path, input_names=list(dims), dynamic_axes=dims, opset_version=17,
                              dynamo=False)
    for index, feed in enumerate(feeds):
        np.savez(path.with_suffix(f".{index}.npz"), **{name: value.numpy() for name, value in feed.items()})


def check(path, recipe):
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    quantc = os.environ.get("QUANTC", "quantc")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    with tempfile.TemporaryDirectory() as folder:
        artefact, outputs = f"{folder}/model.so", f"{folder}/out.npz"
        result = subprocess.run([quantc, "compile", str(path), "-o", artefact, f"--recipe={recipe}", "--report-recompose"],
                                capture_output=True, text=True)
        if result.returncode:
            errors = [line for line in result.stderr.splitlines() if "found " not in line]
            return f"refused: {errors[0] if errors else ''}"
        worst = 0.0
        for inputs in sorted(path.parent.glob(f"{path.stem}.*.npz")):
            run = subprocess.run([quantc, "run", artefact, "--inputs", str(inputs), "--outputs", outputs],
                                 capture_output=True, text=True)
            if run.returncode:
                return f"failed: {run.stderr.strip()}"
            got = np.load(outputs)
            for name, wanted in zip(names, session.run(names, dict(np.load(inputs)))):
                worst = max(worst, float(np.abs(got[name] - wanted).max() / np.abs(wanted).max()))
    found = sorted(set(re.findall(r"found (attention.*)", result.stderr)))
    return f"error {worst:.1e}, {'; '.join(found)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("export", "check"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help="of models; default: all")
    parser.add_argument("--recipe", default="f32")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    wanted = {name.lower() for name in options.names}
    if options.action == "check":
        for path in sorted(options.folder.glob("*.onnx")):
            if not wanted or path.stem.split("-")[1] in wanted:
                print(f"{path.stem:32} {check(path, options.recipe)}", flush=True)
        return
    for kind, models in MODELS.items():
        for name, more in models.items():
            for exporter in ("torchscript", "dynamo"):
                path = options.folder / f"{kind}-{name.lower()}-{exporter}.onnx"
                if (wanted and name.lower() not in wanted) or path.exists():
                    continue
                try:
                    export(path, *build(kind, name, more), is_dynamo=exporter == "dynamo")
                    print(path.name, flush=True)
                except Exception as error:  # exporters raise what they like
                    print(f"{path.name}: not exported: {type(error).__name__}: {str(error)[:100]!r}", flush=True)


if __name__ == "__main__":
    main()
