"""Threads in which mistakes were reported or mended: each was read, and shows the mistake that it stands by."""

LINKS: dict[str, tuple[str, ...]] = {
    "pairing/interleaved": (
        "https://github.com/huggingface/candle/issues/3948",
        "https://github.com/vllm-project/vllm/pull/28968",
    ),
    "pairing/half": ("https://github.com/vllm-project/vllm-ascend/pull/12820",),
    "columns/tiled": (
        "https://github.com/facebookresearch/vjepa2/pull/15",
        "https://github.com/huggingface/transformers/issues/47328",
    ),
    "columns/repeated": ("https://github.com/raiyanyahya/how-to-train-your-gpt/issues/6",),
    "offset/none": (
        "https://github.com/ml-explore/mlx-lm/pull/1698",
        "https://github.com/AI-Hypercomputer/maxtext/issues/4616",
    ),
    "stopped/left-out": ("https://github.com/NVIDIA-NeMo/Megatron-Bridge/issues/4195",),
    "axes/chunked": (
        "https://github.com/alibaba/MNN/pull/4133",
        "https://github.com/vllm-project/vllm-gaudi/pull/1437",
    ),
    "axes/interleaved": ("https://github.com/Blaizzy/mlx-vlm/pull/576",),
    "base/10000": ("https://github.com/karpathy/llama2.c/issues/356",),
    "order/sin-cos": (
        "https://github.com/tensorflow/tensor2tensor/issues/391",
        "https://github.com/allenai/allennlp/issues/2993",
    ),
    "scaling/no-Linear": ("https://github.com/lablup/mlxcel/issues/1340",),
    "scaling/no-ByParts": (
        "https://github.com/lablup/mlxcel/issues/1355",
        "https://github.com/felafax/felafax/issues/59",
    ),
    "scaling/no-ByIndex": ("https://github.com/NVIDIA/TensorRT-Model-Connect/issues/399",),
    "scaling/no-NTK": ("https://github.com/ml-explore/mlx-lm/pull/1553",),
    "scaling/bounds-truncated": ("https://github.com/vllm-project/vllm/pull/28244",),
    "attention-factor/omitted": ("https://github.com/NVIDIA/TensorRT-Model-Connect/issues/399",),
    "attention-factor/twice": ("https://github.com/sgl-project/sglang/pull/33558",),
    "attention-factor/applied": ("https://github.com/vllm-project/vllm/issues/48621",),
    "length/twice-original": (
        "https://github.com/lablup/mlxcel/issues/1358",
        "https://github.com/vllm-project/vllm/issues/5093",
    ),
    "positions/plus-one": ("https://github.com/fla-org/flash-linear-attention/issues/766",),
    "positions/doubled": ("https://github.com/ml-explore/mlx-lm/pull/1553",),
    "positions/ignored": (
        "https://github.com/NVIDIA-NeMo/Automodel/pull/2377",
        "https://github.com/huggingface/transformers/issues/22161",
    ),
    "positions/zero": ("https://github.com/Blaizzy/mlx-vlm/issues/1983",),
    "positions/axes-10": ("https://github.com/huggingface/pytorch-image-models/pull/2541",),
    "positions/column-major": ("https://github.com/huggingface/transformers/pull/41380",),
    "bfloat16/positions": ("https://github.com/huggingface/diffusers/pull/13922",),
    "bfloat16/frequencies": (
        "https://github.com/huggingface/transformers/issues/29496",
        "https://github.com/NVIDIA/Megatron-LM/issues/744",
    ),
    "bfloat16/all-of-angles": ("https://github.com/huggingface/transformers/pull/29285",),
    "float16/positions": ("https://github.com/openvinotoolkit/openvino/pull/25883",),
    "float16/positions-and-frequencies": ("https://github.com/NVIDIA/Megatron-LM/issues/535",),
}
"""For the names of mistakes, addresses of issues and pull requests."""
