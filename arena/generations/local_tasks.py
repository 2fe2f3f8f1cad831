"""Models of one task each that the workers load; the code is in ``workers.adapters``."""

from arena.generations.adapter_info import TEXTS, AdapterInfo, Field
from arena.generations.decoding import BEAMS
from arena.generations.local_models import WEIGHTS

LABELS = Field(
    "labels",
    "Labels",
    "pairs",
    "The study’s words for the model’s classes, one per line, as in: DRUG = medication. Nothing "
    "behind the sign leaves a class out. Empty: the model’s own words.",
)
CLASSES = Field(
    "classes", "Classes", "list", "What to look for, one per line, as in: pneumonia.", required=True
)
TEMPLATE = Field(
    "template", "Sentence", help="Around a class, as in: This is an X-ray of {}.", rare=True
)
THRESHOLD = Field(
    "threshold",
    "Least score",
    "number",
    "From 0 to 1; boxes below it are left out, as in 0.5.",
    default=0.5,
)
SEVERAL = Field(
    "several",
    "Several at once",
    "yes-no",
    "Each class is judged by itself; else the chances of all add up to one.",
    default=False,
)
LABEL = Field("label", "Label", help="Of the outlined region, as in lesion.", default="region")
PICTURES = ("image-2d",)
CHANCES = ("label-probabilities",)

HEAD = (
    Field(
        "training", "Training set", required=True,
        help="As in tumour.npz: a file in CONSILIUM_TRAINING_DIR on the workers, made there by "
        "“python -m workers.probes MODEL TABLE.csv --out tumour.npz” from labelled files.",
    ),
    Field(
        "head", "Head", "choice", "What is fitted on the embeddings.", default="linear",
        choices=(
            ("knn", "Nearest neighbours"),
            ("linear", "Linear (logistic regression)"),
            ("prototype", "Prototypes (class means)"),
            ("attention-mil", "Attention over the tiles of a case"),
            ("survival", "Survival (proportional hazards)"),
        ),
    ),
    Field(
        "pooling", "Embedding", "choice", "As the training set was made.", default="first",
        choices=(("first", "First token"), ("mean", "Mean of all tokens")), rare=True,
    ),
    Field(
        "options", "Options of the head", "json", 'As in {"k": 10}; else chosen by itself.',
        rare=True,
    ),
    Field(
        "horizon", "Horizon", "number",
        "Of a risk, in the unit of the training times, as in 24. Survival only.", rare=True,
    ),
    Field(
        "time_unit", "Unit of time", help="Of the training times, as in months. Survival only.",
        rare=True,
    ),
)  # fmt: skip
TILE = Field(
    "tile", "Tile", "number",
    "Larger images are cut into tiles of this side in pixels, as in 224. Empty: each as a whole.",
)  # fmt: skip
PROBED = (*CHANCES, "risk-score", "survival-curve")


def _task(
    name: str,
    title: str,
    help: str,  # noqa: A002  (as the field it fills)
    takes: tuple[str, ...],
    gives: tuple[str, ...],
    *fields: Field,
    decoding: tuple[str, ...] | None = None,
) -> AdapterInfo:
    """With a ``decoding`` it writes, and so reads a prompt of the system's own."""
    return AdapterInfo(
        name, title, help, takes, gives, (*WEIGHTS, *fields), resource="gpu", batch=16,
        group="weights-texts" if takes == TEXTS else "weights-images",
        prompted=decoding is not None, decoding=decoding,
    )  # fmt: skip


LOCAL_TASKS = [
    _task(
        "token-classification",
        "Entities in text (token classification)",
        "A BERT-type model that marks words; long texts are read in overlapping windows.",
        TEXTS, ("spans",), LABELS,
    ),
    _task(
        "text-classification",
        "Classes of a text",
        "A BERT-type model with a classification head; one class or several.",
        TEXTS, CHANCES, LABELS,
    ),
    _task(
        "zero-shot-text",
        "Classes of a text, zero-shot (NLI)",
        "A model of entailment judges classes that you name.",
        TEXTS, CHANCES, CLASSES, TEMPLATE, SEVERAL, LABELS,
    ),
    _task(
        "extractive-answer",
        "Answer in the text (extractive QA)",
        "Finds the stretch of the case's text that answers the study's question.",
        TEXTS, ("text-answer", "spans"),
    ),
    _task(
        "text-to-text",
        "Rewriting (encoder-decoder)",
        "A T5- or BART-type model writes from the prompt.",
        TEXTS, ("summary", "text-answer", "simplification"), decoding=BEAMS,
    ),
    _task(
        "image-classification",
        "Classes of an image",
        "ViT, ConvNeXt, ResNet and the like with a classification head; one class or several.",
        PICTURES, CHANCES, LABELS,
    ),
    _task(
        "zero-shot-image",
        "Classes of an image, zero-shot (CLIP, SigLIP)",
        "Compares the image with classes that you name.",
        PICTURES, CHANCES, CLASSES, TEMPLATE, LABELS,
    ),
    _task(
        "object-detection",
        "Boxes in an image",
        "A DETR- or YOLOS-type model finds things of its classes.",
        PICTURES, ("boxes",), THRESHOLD, LABELS,
    ),
    _task(
        "zero-shot-detection",
        "Boxes in an image, zero-shot (OWL-ViT, Grounding DINO)",
        "Finds things that you name.",
        PICTURES, ("boxes",), CLASSES, THRESHOLD, LABELS,
    ),
    _task(
        "image-segmentation",
        "Masks in an image",
        "SegFormer, Mask2Former and the like outline each of their classes but background.",
        PICTURES, ("mask",), LABELS,
    ),
    _task(
        "prompted-segmentation",
        "Mask of a point or box (SAM)",
        "The case's text says where, as in “point: 120, 80” or “box: 10, 20, 200, 180”; else the "
        "middle of the image.",
        PICTURES, ("mask",), LABEL,
    ),
    _task(
        "text-prompted-segmentation",
        "Masks of what words name (zero-shot detection, then SAM)",
        "A detector (OWLv2, Grounding DINO) finds what you name; SAM, the model, outlines it.",
        PICTURES, ("mask",),
        Field(
            "detector", "Detector", required=True,
            help="Hub id or folder of the detector, as in org/owlv2-base.",
        ),
        Field(
            "detector_revision", "Detector's revision", rare=True,
            help="Its commit, as in 4f2a… with all its 40 characters; pin it, too.",
        ),
        CLASSES, THRESHOLD,
    ),
    _task(
        "time-series-forecast",
        "Forecast of a time series (PatchTST, TimesFM)",
        "PatchTST, PatchTSMixer, TimeSeriesTransformer and TimesFM: each channel goes on by itself "
        "over the model's horizon.",
        ("time-series", "wearable-signal"), ("forecast",),
    ),
    _task(
        "text-probe",
        "Text encoder with a fitted head",
        "A frozen encoder; the head is fitted on labelled embeddings when it is loaded.",
        TEXTS, PROBED, *HEAD,
    ),
    _task(
        "image-probe",
        "Image encoder with a fitted head",
        "As pathology and radiology encoders are judged: frozen, with a k-NN, linear, prototype, "
        "attention or survival head.",
        PICTURES, PROBED, *HEAD, TILE,
    ),
]  # fmt: skip
