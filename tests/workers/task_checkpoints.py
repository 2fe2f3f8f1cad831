"""Small models for one task each, saved as a Hub checkpoint would be; weights are random."""

from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from tests.workers.checkpoints import SENTENCES, saved

ENCODER = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "initializer_range": 0.5,
}  # fmt: skip
EYE = {**ENCODER, "image_size": 32, "patch_size": 8}
NER = {0: "O", 1: "B-problem", 2: "I-problem", 3: "B-drug", 4: "I-drug"}
SQUARE = {"height": 32, "width": 32}
EDGES = {"shortest_edge": 32, "longest_edge": 32}
LAYERS = {
    "encoder_attention_heads": 2, "decoder_attention_heads": 2,
    "encoder_ffn_dim": 16, "decoder_ffn_dim": 16,
}  # fmt: skip


def words(length: int = 64) -> Any:
    """A WordPiece tokenizer as BERT has."""
    raw = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    raw.normalizer = normalizers.BertNormalizer(lowercase=True)
    raw.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=200, special_tokens=special, show_progress=False)
    raw.train_from_iterator(SENTENCES, trainer)
    raw.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )  # fmt: skip
    return transformers.BertTokenizerFast(tokenizer_object=raw, model_max_length=length)


def bert(folder: Path, head: str, names: dict[int, str] | None = None, **more: Any) -> Path:
    """BERT with one of its heads: ``BertForTokenClassification`` and the like."""
    torch.manual_seed(0)
    held = words()
    labels = {"id2label": names, "label2id": {v: k for k, v in names.items()}} if names else {}
    config = transformers.BertConfig(
        vocab_size=len(held), max_position_embeddings=64, **ENCODER, **labels, **more
    )
    return saved(folder, getattr(transformers, head)(config), held)


def t5(folder: Path) -> Path:
    torch.manual_seed(0)
    held = words(512)
    config = transformers.T5Config(
        vocab_size=len(held), d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4,
        decoder_start_token_id=0, pad_token_id=0, eos_token_id=3, initializer_factor=2.0,
    )  # fmt: skip
    return saved(folder, transformers.T5ForConditionalGeneration(config), held)


def vit(folder: Path, names: dict[int, str]) -> Path:
    torch.manual_seed(0)
    config = transformers.ViTConfig(**EYE, id2label=names)
    return saved(
        folder,
        transformers.ViTForImageClassification(config),
        transformers.ViTImageProcessorPil(size=SQUARE),
    )


def clip(folder: Path) -> Path:
    torch.manual_seed(0)
    held = words(16)
    config = transformers.CLIPConfig(
        text_config={**ENCODER, "vocab_size": len(held), "max_position_embeddings": 16,
                     "eos_token_id": 3},
        vision_config=EYE, projection_dim=16,
    )  # fmt: skip
    pictures = transformers.CLIPImageProcessorPil(size=SQUARE, crop_size=SQUARE)
    return saved(folder, transformers.CLIPModel(config), transformers.CLIPProcessor(pictures, held))


def siglip(folder: Path) -> Path:
    torch.manual_seed(0)
    held = words(16)
    config = transformers.SiglipConfig(
        text_config={**ENCODER, "vocab_size": len(held), "max_position_embeddings": 16},
        vision_config=EYE,
    )
    pictures = transformers.SiglipImageProcessorPil(size=SQUARE)
    return saved(
        folder, transformers.SiglipModel(config), transformers.SiglipProcessor(pictures, held)
    )


def yolos(folder: Path) -> Path:
    torch.manual_seed(0)
    config = transformers.YolosConfig(
        **{**EYE, "image_size": [32, 32]}, num_detection_tokens=6, id2label={0: "lesion", 1: "node"}
    )
    size = {"shortest_edge": 32, "longest_edge": 32}
    pictures = transformers.YolosImageProcessorPil(size=size)
    return saved(folder, transformers.YolosForObjectDetection(config), pictures)


def owlv2(folder: Path) -> Path:
    torch.manual_seed(0)
    held = words(16)
    config = transformers.Owlv2Config(
        text_config={**ENCODER, "vocab_size": len(held), "max_position_embeddings": 16,
                     "eos_token_id": 3},
        vision_config=EYE, projection_dim=32,
    )  # fmt: skip
    pictures = transformers.Owlv2ImageProcessorPil(size=SQUARE)
    return saved(
        folder,
        transformers.Owlv2ForObjectDetection(config),
        transformers.Owlv2Processor(pictures, held),
    )


def detr(folder: Path) -> Path:
    torch.manual_seed(0)
    sides = [8, 16, 16, 16]
    backbone = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=sides, depths=[1] * 4, out_features=["stage4"]
    )
    config = transformers.DetrConfig(
        backbone_config=backbone, backbone=None, use_timm_backbone=False, d_model=16,
        use_pretrained_backbone=False, num_queries=5, id2label={0: "lesion", 1: "node"},
        **LAYERS, encoder_layers=1, decoder_layers=1,
    )  # fmt: skip
    pictures = transformers.DetrImageProcessorPil(size=EDGES)
    return saved(folder, transformers.DetrForObjectDetection(config), pictures)


def grounding_dino(folder: Path) -> Path:
    torch.manual_seed(0)
    held = words(64)
    stages = ["stage1", "stage2", "stage3"]
    backbone = transformers.SwinConfig(
        image_size=32, patch_size=4, embed_dim=8, depths=[1, 1, 1], num_heads=[1, 1, 1],
        window_size=2, out_features=stages,
    )  # fmt: skip
    text = transformers.BertConfig(vocab_size=len(held), max_position_embeddings=64, **ENCODER)
    config = transformers.GroundingDinoConfig(
        backbone_config=backbone, backbone=None, use_timm_backbone=False, text_config=text,
        use_pretrained_backbone=False, d_model=32, num_queries=4, num_feature_levels=3,
        **LAYERS, encoder_layers=1, decoder_layers=2, encoder_n_points=2, decoder_n_points=2,
        max_text_len=64,
    )  # fmt: skip
    pictures = transformers.GroundingDinoImageProcessorPil(size=EDGES)
    return saved(
        folder,
        transformers.GroundingDinoForObjectDetection(config),
        transformers.GroundingDinoProcessor(pictures, held),
    )


def segformer(folder: Path) -> Path:
    torch.manual_seed(0)
    config = transformers.SegformerConfig(
        num_encoder_blocks=2, depths=[1, 1], sr_ratios=[2, 1], hidden_sizes=[16, 32],
        patch_sizes=[7, 3], strides=[4, 2], num_attention_heads=[1, 2], mlp_ratios=[2, 2],
        decoder_hidden_size=16, id2label={0: "background", 1: "lesion", 2: "vessel"},
        initializer_range=0.5,
    )  # fmt: skip
    return saved(
        folder,
        transformers.SegformerForSemanticSegmentation(config),
        transformers.SegformerImageProcessorPil(size=SQUARE),
    )


def patchtst(folder: Path, loss: str = "mse") -> Path:
    torch.manual_seed(0)
    config = transformers.PatchTSTConfig(
        num_input_channels=1, context_length=32, prediction_length=8, patch_length=8,
        patch_stride=8, d_model=16, num_hidden_layers=1, num_attention_heads=2, ffn_dim=32,
        loss=loss, num_parallel_samples=20,
    )  # fmt: skip
    return saved(folder, transformers.PatchTSTForPrediction(config))


def sam(folder: Path) -> Path:
    torch.manual_seed(0)
    vision = transformers.SamVisionConfig(
        hidden_size=32, output_channels=16, num_hidden_layers=1, num_attention_heads=2,
        image_size=64, patch_size=8, window_size=2, global_attn_indexes=[0], num_pos_feats=8,
        mlp_dim=64,
    )  # fmt: skip
    prompts = transformers.SamPromptEncoderConfig(
        hidden_size=16, image_size=64, patch_size=8, mask_input_channels=4
    )
    decoder = transformers.SamMaskDecoderConfig(
        hidden_size=16,
        mlp_dim=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        iou_head_hidden_dim=16,
    )
    config = transformers.SamConfig(
        vision_config=vision, prompt_encoder_config=prompts, mask_decoder_config=decoder
    )
    edge = {"longest_edge": 64}
    pictures = transformers.SamImageProcessorPil(
        size=edge, pad_size={"height": 64, "width": 64},
        mask_size={"longest_edge": 16}, mask_pad_size={"height": 16, "width": 16},
    )  # fmt: skip
    return saved(folder, transformers.SamModel(config), transformers.SamProcessor(pictures))


def patchtsmixer(folder: Path) -> Path:
    torch.manual_seed(0)
    config = transformers.PatchTSMixerConfig(
        context_length=32, prediction_length=8, patch_length=8, patch_stride=8, d_model=8,
        num_layers=1, num_input_channels=1,
    )  # fmt: skip
    return saved(folder, transformers.PatchTSMixerForPrediction(config))


def time_series(folder: Path, **more: Any) -> Path:
    """A TimeSeriesTransformer, which draws samples of what comes next."""
    torch.manual_seed(0)
    config = transformers.TimeSeriesTransformerConfig(
        **{"num_time_features": 0, **more}, prediction_length=8, context_length=16, input_size=1,
        lags_sequence=[1, 2, 3], d_model=16, encoder_layers=1, decoder_layers=1,
        encoder_ffn_dim=16, decoder_ffn_dim=16, encoder_attention_heads=2,
        decoder_attention_heads=2, num_parallel_samples=20,
    )  # fmt: skip
    return saved(folder, transformers.TimeSeriesTransformerForPrediction(config))


def timesfm(folder: Path) -> Path:
    torch.manual_seed(0)
    config = transformers.TimesFmConfig(
        patch_length=8, context_length=32, horizon_length=8, num_hidden_layers=1, hidden_size=16,
        intermediate_size=16, head_dim=8, num_attention_heads=2,
    )  # fmt: skip
    return saved(folder, transformers.TimesFmModelForPrediction(config))


def mask2former(folder: Path) -> Path:
    torch.manual_seed(0)
    eye = transformers.SwinConfig(
        image_size=64, patch_size=4, embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 1, 1],
        window_size=2, out_features=["stage1", "stage2", "stage3", "stage4"],
    )  # fmt: skip
    config = transformers.Mask2FormerConfig(
        backbone_config=eye, feature_size=32, mask_feature_size=32, hidden_dim=32,
        encoder_feedforward_dim=16, dim_feedforward=16, encoder_layers=1, decoder_layers=2,
        num_attention_heads=2, num_queries=5,
        id2label={0: "background", 1: "lesion", 2: "vessel"},
    )  # fmt: skip
    pictures = transformers.Mask2FormerImageProcessorPil(size={"height": 64, "width": 64})
    return saved(folder, transformers.Mask2FormerForUniversalSegmentation(config), pictures)
