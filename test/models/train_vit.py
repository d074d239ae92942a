#!/usr/bin/env python3
"""Trains the embedded vision transformer and writes digits_vit.onnx beside this file.

    pip install jax numpy scipy scikit-learn onnx onnxruntime
    python train_vit.py [--epochs 250] [--out digits_vit.onnx]

A pre-norm transformer on 2 x 2 patches: patch embedding, class token, learned positions,
LayerNorm, softmax attention, erf-GELU, MLP, linear head. The ONNX file (opset 17) is spelt
as PyTorch exports such a model: GELU and attention in primitives, dynamic batch. Training
is seeded; the script prints the accuracy on the held-out third and fails below 97 %.
"""

import argparse
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from onnx import numpy_helper
from scipy import ndimage

import digits
from exporting import Graph, check

DIM, HEADS, LAYERS, HIDDEN, PATCH, CLASSES = 64, 4, 4, 128, 2, 10
TOKENS = (8 // PATCH) ** 2


def initial(key):
    """Parameters by the names they get in the ONNX file; matrices are [in, out]."""
    params = {}

    def matrix(name, rows, columns, bias=True):
        nonlocal key
        key, sub = jax.random.split(key)
        params[name + ".weight"] = jax.random.normal(sub, (rows, columns)) / np.sqrt(rows)
        if bias:
            params[name + ".bias"] = jnp.zeros(columns)

    def norm(name):
        params[name + ".weight"], params[name + ".bias"] = jnp.ones(DIM), jnp.zeros(DIM)

    matrix("patch_embedding", PATCH * PATCH, DIM)
    key, a, b = jax.random.split(key, 3)
    params["cls_token"] = 0.02 * jax.random.normal(a, (1, 1, DIM))
    params["pos_embedding"] = 0.02 * jax.random.normal(b, (1, TOKENS + 1, DIM))
    for i in range(LAYERS):
        norm(f"layers.{i}.norm1")
        for part in ("q", "k", "v", "out"):
            matrix(f"layers.{i}.attn.to_{part}", DIM, DIM)
        norm(f"layers.{i}.norm2")
        matrix(f"layers.{i}.mlp.fc1", DIM, HIDDEN)
        matrix(f"layers.{i}.mlp.fc2", HIDDEN, DIM)
    norm("norm")
    matrix("head", DIM, CLASSES)
    return params


def patches(x):
    n = x.shape[0]
    side = 8 // PATCH
    x = x.reshape(n, side, PATCH, side, PATCH).transpose(0, 1, 3, 2, 4)
    return x.reshape(n, TOKENS, PATCH * PATCH)


def forward(p, images, key=None, drop=0.0):
    """Logits [n, 10]; with a key, dropout on both branches."""

    def linear(x, name):
        return x @ p[name + ".weight"] + p[name + ".bias"]

    def norm(x, name):
        mean = x.mean(-1, keepdims=True)
        var = ((x - mean) ** 2).mean(-1, keepdims=True)
        return (x - mean) / jnp.sqrt(var + 1e-5) * p[name + ".weight"] + p[name + ".bias"]

    def dropout(x, i):
        if key is None or drop == 0.0:
            return x
        keep = jax.random.bernoulli(jax.random.fold_in(key, i), 1 - drop, x.shape)
        return jnp.where(keep, x / (1 - drop), 0)

    n = images.shape[0]
    x = linear(patches(images), "patch_embedding")
    x = jnp.concatenate([jnp.broadcast_to(p["cls_token"], (n, 1, DIM)), x], 1) + p["pos_embedding"]
    for i in range(LAYERS):
        y = norm(x, f"layers.{i}.norm1")
        heads = [
            linear(y, f"layers.{i}.attn.to_{part}").reshape(n, TOKENS + 1, HEADS, -1).transpose(0, 2, 1, 3)
            for part in "qkv"
        ]
        scores = jax.nn.softmax(heads[0] @ heads[1].transpose(0, 1, 3, 2) / np.sqrt(DIM // HEADS), -1)
        y = (scores @ heads[2]).transpose(0, 2, 1, 3).reshape(n, TOKENS + 1, DIM)
        x = x + dropout(linear(y, f"layers.{i}.attn.to_out"), 2 * i)
        y = norm(x, f"layers.{i}.norm2")
        y = jax.nn.gelu(linear(y, f"layers.{i}.mlp.fc1"), approximate=False)
        x = x + dropout(linear(y, f"layers.{i}.mlp.fc2"), 2 * i + 1)
    return linear(norm(x, "norm")[:, 0], "head")


def augment(rng, images):
    """Turns, zooms, shears, shifts, scales brightness, adds noise: 1,198 images are few."""
    out = np.empty_like(images)
    for i, image in enumerate(images):
        turn, shear = rng.normal(0, 0.12), rng.normal(0, 0.1)
        zoom = rng.normal(1, 0.07, 2)
        matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        matrix = matrix @ np.array([[zoom[0], shear], [0, zoom[1]]])
        offset = 3.5 - matrix @ [3.5, 3.5] + rng.normal(0, 0.5, 2)
        out[i, 0] = ndimage.affine_transform(image[0], matrix, offset, order=1)
    scale = rng.uniform(0.85, 1.15, (len(images), 1, 1, 1)).astype(np.float32)
    noise = rng.normal(0, 0.04, images.shape).astype(np.float32)
    return np.clip(out * scale + noise * (rng.random((len(images), 1, 1, 1)) < 0.5), 0, 1)


def train(epochs, batch=64, peak=2e-3):
    images, labels, _, _ = digits.load()
    rng, key = np.random.default_rng(0), jax.random.PRNGKey(0)
    params = initial(key)
    moments = jax.tree.map(lambda x: (jnp.zeros_like(x), jnp.zeros_like(x)), params)
    steps = epochs * (len(images) // batch)

    def loss(p, x, y, k):
        logp = jax.nn.log_softmax(forward(p, x, k, 0.1))
        smooth = 0.9 * jax.nn.one_hot(y, CLASSES) + 0.1 / CLASSES
        return -(smooth * logp).sum(-1).mean()

    @jax.jit
    def step(p, m, t, x, y, k):
        rate = peak * jnp.minimum(t / 100, 0.5 * (1 + jnp.cos(jnp.pi * t / steps)))
        grads = jax.grad(loss)(p, x, y, k)
        new_p, new_m = {}, {}
        for name in p:
            g, (a, b) = grads[name], m[name]
            a, b = 0.9 * a + 0.1 * g, 0.99 * b + 0.01 * g * g
            update = (a / (1 - 0.9**t)) / (jnp.sqrt(b / (1 - 0.99**t)) + 1e-8)
            decay = 0.05 * p[name] if p[name].ndim == 2 else 0.0
            new_p[name], new_m[name] = p[name] - rate * (update + decay), (a, b)
        return new_p, new_m

    t = 0
    for _ in range(epochs):
        order = rng.permutation(len(images))
        for start in range(0, len(images) - batch + 1, batch):
            pick = order[start : start + batch]
            t += 1
            params, moments = step(
                params, moments, float(t), augment(rng, images[pick]), labels[pick], jax.random.fold_in(key, t)
            )
    return {name: np.asarray(value, np.float32) for name, value in params.items()}


def export(params, path):
    g = Graph()

    def linear(x, name):
        at = "/" + name.replace(".", "/").replace("layers/", "layers.")
        y = g.add("MatMul", [x, g.weight(name + ".weight", params[name + ".weight"])], at)
        return g.add("Add", [g.weight(name + ".bias", params[name + ".bias"]), y], at)

    def norm(x, name):
        inputs = [x, g.weight(name + ".weight", params[name + ".weight"]), g.weight(name + ".bias", params[name + ".bias"])]
        at = "/" + name.replace(".", "/").replace("layers/", "layers.")
        return g.add("LayerNormalization", inputs, at, axis=-1, epsilon=1e-5)

    side = 8 // PATCH
    x = g.add("Reshape", ["image", g.ints([-1, side, PATCH, side, PATCH], "/patches")], "/patches")
    x = g.add("Transpose", [x], "/patches", perm=[0, 1, 3, 2, 4])
    x = g.add("Reshape", [x, g.ints([-1, TOKENS, PATCH * PATCH], "/patches")], "/patches")
    x = linear(x, "patch_embedding")
    shape = g.add("Shape", [x], "")
    batch = g.add("Gather", [shape, g.add("Constant", [], "", value=numpy_helper.from_array(np.array(0, np.int64)))], "", axis=0)
    batch = g.add("Unsqueeze", [batch, g.ints([0], "")], "")
    target = g.add("Concat", [batch, g.ints([1], ""), g.ints([DIM], "")], "", axis=0)
    token = g.add("Expand", [g.weight("cls_token", params["cls_token"]), target], "")
    x = g.add("Concat", [token, x], "", axis=1)
    x = g.add("Add", [x, g.weight("pos_embedding", params["pos_embedding"])], "")
    for i in range(LAYERS):
        at = f"/layers.{i}/attn"
        y = norm(x, f"layers.{i}.norm1")
        heads = []
        for part in "qkv":
            h = linear(y, f"layers.{i}.attn.to_{part}")
            h = g.add("Reshape", [h, g.ints([0, 0, HEADS, DIM // HEADS], at)], at)
            heads.append(g.add("Transpose", [h], at, perm=[0, 2, 3, 1] if part == "k" else [0, 2, 1, 3]))
        scores = g.add("MatMul", heads[:2], at)
        scores = g.add("Div", [scores, g.scalar(np.sqrt(DIM // HEADS), at)], at)
        scores = g.add("Softmax", [scores], at, axis=-1)
        y = g.add("MatMul", [scores, heads[2]], at)
        y = g.add("Transpose", [y], at, perm=[0, 2, 1, 3])
        y = g.add("Reshape", [y, g.ints([0, 0, DIM], at)], at)
        x = g.add("Add", [x, linear(y, f"layers.{i}.attn.to_out")], f"/layers.{i}")
        y = linear(norm(x, f"layers.{i}.norm2"), f"layers.{i}.mlp.fc1")
        act = f"/layers.{i}/mlp/act"
        z = g.add("Erf", [g.add("Div", [y, g.scalar(np.sqrt(2.0), act)], act)], act)
        z = g.add("Mul", [y, g.add("Add", [z, g.scalar(1.0, act)], act)], act)
        y = g.add("Mul", [z, g.scalar(0.5, act)], act)
        x = g.add("Add", [x, linear(y, f"layers.{i}.mlp.fc2")], f"/layers.{i}")
    x = norm(x, "norm")
    x = g.add("Gather", [x, g.add("Constant", [], "", value=numpy_helper.from_array(np.array(0, np.int64)))], "", axis=1)
    g.finish(x, params, "vit", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=250)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("digits_vit.onnx"))
    options = parser.parse_args()
    params = train(options.epochs)
    export(params, options.out)
    check(options.out, lambda images: forward(params, images))


if __name__ == "__main__":
    main()
