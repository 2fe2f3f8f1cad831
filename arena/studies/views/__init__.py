"""Pages of a study; each view begins with ``study_for``, which fetches and authorises."""
