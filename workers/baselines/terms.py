"""A small list of clinical terms, written for the demo; a real study would bring a terminology."""

TERMS: dict[str, list[str]] = {
    "problem": [
        "abdominal pain", "anaemia", "aphasia", "apnoea", "atrial fibrillation", "back pain",
        "bleeding", "breathlessness", "bronchiolitis", "bruise", "calf pain", "cancer",
        "chest pain", "chills", "chronic kidney disease", "cold", "confused", "confusion",
        "congestion", "consolidation", "constipation", "COPD", "cough", "crackles", "cyanosis",
        "delirium", "dementia", "diabetes", "diarrhoea", "drowsy", "dyslipidaemia", "dysuria",
        "effusion", "facial swelling", "fever", "gastroenteritis", "gout", "guarding",
        "haemoptysis", "haemorrhage", "head injury", "heart disease", "heart failure",
        "heartburn", "hyperkalaemia", "hypertension", "hypoxaemia", "ketoacidosis", "leg swelling",
        "melanoma", "migraine", "murmur", "myocardial infarction", "nausea", "nauseated",
        "occlusion", "oedema", "osteoporosis", "pain", "palpitations", "pneumothorax",
        "polymyalgia rheumatica", "rash", "runny nose", "seizure", "sepsis", "septic arthritis",
        "shivering", "stone", "sweating", "syncope", "tenderness", "tiredness",
        "type 1 diabetes", "type 2 diabetes", "urinary retention", "vomiting", "weakness",
        "weight loss", "wheeze",
    ],
    "medication": [
        "alteplase", "amlodipine", "amoxicillin", "anticoagulation", "antibiotics", "apixaban",
        "aspirin", "atorvastatin", "benzodiazepine", "bisoprolol", "ceftriaxone", "ciprofloxacin",
        "diclofenac", "donepezil", "doxycycline", "enoxaparin", "ferrous sulfate",
        "flucloxacillin", "folic acid", "fondaparinux", "furosemide", "ibuprofen", "insulin",
        "insulin aspart", "insulin glargine", "ipratropium", "levothyroxine", "macrogol",
        "metformin", "oxybutynin", "paracetamol", "penicillin", "potassium chloride",
        "prednisolone", "ramipril", "salbutamol", "spironolactone", "tamsulosin", "ticagrelor",
    ],
    "dose": ["once daily", "twice daily", "at night", "as needed"],
    "test": [
        "blood cultures", "blood gas", "C-reactive protein", "chest radiograph",
        "coronary angiography", "creatinine", "CT angiography", "ECG", "echocardiography",
        "ferritin", "glucose", "Gram stain", "haemoglobin", "HbA1c", "histology", "INR",
        "ketones", "lactate", "leucocytes", "NT-proBNP", "platelets", "potassium", "sodium",
        "troponin", "uric acid", "urine culture", "urine dipstick",
    ],
    "anatomy": [
        "abdomen", "arm", "back", "breastbone", "calves", "conjunctivae", "ears", "foot", "head",
        "kidney", "knee", "left arm", "left knee", "leg", "lung", "lungs", "lymph nodes",
        "right arm", "right flank", "thighs", "throat", "uterus",
    ],
}  # fmt: skip
