"""A small checkpoint in EmoTalk's released format; also a script, for tests in a Python without PyTorch.

python tests/released_state.py EmoTalk.pth
"""

import sys

import torch


def released_state():
    """A state dict of a small EmoTalk with the released names and random numbers."""
    hidden, wide, convolution, fused = 128, 64, 16, 48
    generator = torch.Generator().manual_seed(0)
    shapes = {
        "audio_feature_map_cont": (24, hidden),
        "audio_feature_map_emo": (fused, hidden),
        "audio_feature_map_emo2": (16, fused),
        "obj_vector_level": (4, 2),
        "obj_vector_person": (4, 24),
        "bs_map_r": (52, fused),
        "audio_encoder_emo.classifier.out_proj": (7, hidden),
    }
    decoder = "transformer_decoder.layers.0"
    shapes |= {f"{decoder}.{n}": (fused, fused) for n in ("self_attn.out_proj", "multihead_attn.out_proj")}
    shapes |= {f"{decoder}.linear1": (20, fused), f"{decoder}.linear2": (fused, 20)}
    shapes |= {f"{decoder}.norm{i}": (fused,) for i in (1, 2, 3)}
    arrays = {}
    for encoder in ("audio_encoder_cont", "audio_encoder_emo.wav2vec2"):
        arrays[f"{encoder}.masked_spec_embed"] = (hidden,)
        for i, kernel in enumerate((10, 3, 3, 3, 3, 2, 2)):
            layer = f"{encoder}.feature_extractor.conv_layers.{i}"
            arrays[f"{layer}.conv.weight"] = (convolution, 1 if i == 0 else convolution, kernel)
            arrays[f"{layer}.conv.bias"] = (convolution,)
            shapes[f"{layer}.layer_norm"] = (convolution,)
        shapes[f"{encoder}.feature_projection.layer_norm"] = (convolution,)
        shapes[f"{encoder}.feature_projection.projection"] = (hidden, convolution)
        position = f"{encoder}.encoder.pos_conv_embed.conv"
        arrays |= {
            f"{position}.weight_g": (1, 1, 8),
            f"{position}.weight_v": (hidden, hidden // 4, 8),
            f"{position}.bias": (hidden,),
        }
        shapes[f"{encoder}.encoder.layer_norm"] = (hidden,)
        layer = f"{encoder}.encoder.layers.0"
        shapes |= {f"{layer}.attention.{n}_proj": (hidden, hidden) for n in ("q", "k", "v", "out")}
        shapes |= {f"{layer}.{n}": (hidden,) for n in ("layer_norm", "final_layer_norm")}
        shapes[f"{layer}.feed_forward.intermediate_dense"] = (wide, hidden)
        shapes[f"{layer}.feed_forward.output_dense"] = (hidden, wide)
    for attention in ("self_attn", "multihead_attn"):
        arrays[f"{decoder}.{attention}.in_proj_weight"] = (3 * fused, fused)
        arrays[f"{decoder}.{attention}.in_proj_bias"] = (3 * fused,)
    for name, shape in shapes.items():
        arrays |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return {name: 0.2 * torch.randn(shape, generator=generator) for name, shape in arrays.items()}


if __name__ == "__main__":
    torch.save({**released_state(), "somebody.elses": torch.zeros(1)}, sys.argv[1])
