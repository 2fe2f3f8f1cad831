"""Words offered, not imposed, where people say what they do.

A study may ask for certain professions and specialties, so equal things should be written alike;
what is stored is English, whatever language it was chosen in.
"""

from django.utils.translation import gettext_noop

PROFESSIONS = (
    gettext_noop("Physician"),
    gettext_noop("Surgeon"),
    gettext_noop("Resident physician"),
    gettext_noop("Medical student"),
    gettext_noop("Dentist"),
    gettext_noop("Nurse"),
    gettext_noop("Midwife"),
    gettext_noop("Paramedic"),
    gettext_noop("Pharmacist"),
    gettext_noop("Physician assistant"),
    gettext_noop("Physiotherapist"),
    gettext_noop("Psychologist"),
    gettext_noop("Radiographer"),
    gettext_noop("Biomedical scientist"),
    gettext_noop("Medical physicist"),
    gettext_noop("Engineer or researcher"),
)

SPECIALTIES = (
    gettext_noop("Anaesthesiology"),
    gettext_noop("Cardiology"),
    gettext_noop("Dermatology"),
    gettext_noop("Emergency medicine"),
    gettext_noop("Endocrinology"),
    gettext_noop("Gastroenterology"),
    gettext_noop("General practice"),
    gettext_noop("Geriatrics"),
    gettext_noop("Gynaecology and obstetrics"),
    gettext_noop("Haematology"),
    gettext_noop("Infectious diseases"),
    gettext_noop("Intensive care"),
    gettext_noop("Internal medicine"),
    gettext_noop("Medical genetics"),
    gettext_noop("Nephrology"),
    gettext_noop("Neurology"),
    gettext_noop("Neurosurgery"),
    gettext_noop("Nuclear medicine"),
    gettext_noop("Oncology"),
    gettext_noop("Ophthalmology"),
    gettext_noop("Orthopaedics"),
    gettext_noop("Otolaryngology"),
    gettext_noop("Paediatrics"),
    gettext_noop("Palliative care"),
    gettext_noop("Pathology"),
    gettext_noop("Psychiatry"),
    gettext_noop("Public health"),
    gettext_noop("Pulmonology"),
    gettext_noop("Radiology"),
    gettext_noop("Rheumatology"),
    gettext_noop("Surgery"),
    gettext_noop("Urology"),
)
