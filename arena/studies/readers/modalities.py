"""What sorts of image there are, and how people call them."""

NAMES = {
    "radiograph": "Radiograph",
    "mammogram": "Mammogram",
    "dermatology": "Skin photograph",
    "dermoscopy": "Dermoscopy",
    "fundus": "Fundus photograph",
    "oct": "Optical coherence tomography",
    "ultrasound": "Ultrasound",
    "endoscopy": "Endoscopy",
    "pathology": "Histology",
    "microscopy": "Microscopy",
    # DICOM's codes, as files of scanners bring them
    "cr": "Radiograph",
    "dx": "Radiograph",
    "xr": "Radiograph",
    "mg": "Mammogram",
    "ct": "CT slice",
    "mr": "MR slice",
    "nm": "Nuclear medicine",
    "pt": "PET",
}


def modality_name(modality: str) -> str:
    """A known sort in words; others as they were given."""
    return NAMES.get(modality.strip().lower(), modality)
