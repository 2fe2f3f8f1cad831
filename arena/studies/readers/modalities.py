"""What sorts of image there are, and how people call them."""

from django.utils.translation import gettext_noop

NAMES = {
    "radiograph": gettext_noop("Radiograph"),
    "mammogram": gettext_noop("Mammogram"),
    "dermatology": gettext_noop("Skin photograph"),
    "dermoscopy": gettext_noop("Dermoscopy"),
    "fundus": gettext_noop("Fundus photograph"),
    "oct": gettext_noop("Optical coherence tomography"),
    "ultrasound": gettext_noop("Ultrasound"),
    "endoscopy": gettext_noop("Endoscopy"),
    "pathology": gettext_noop("Histology"),
    "microscopy": gettext_noop("Microscopy"),
    # DICOM's codes, as files of scanners bring them
    "cr": gettext_noop("Radiograph"),
    "dx": gettext_noop("Radiograph"),
    "xr": gettext_noop("Radiograph"),
    "mg": gettext_noop("Mammogram"),
    "ct": gettext_noop("CT slice"),
    "mr": gettext_noop("MR slice"),
    "nm": gettext_noop("Nuclear medicine"),
    "pt": gettext_noop("PET"),
}


def modality_name(modality: str) -> str:
    """A known sort in words, in English as the viewers ask for it; others as they were given."""
    return NAMES.get(modality.strip().lower(), modality)
