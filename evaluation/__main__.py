"""Entry point of `python -m evaluation`."""

import os
import sys

# The matrices are small: more threads only wait for each other. Set before numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from evaluation.cli import main

sys.exit(main())
