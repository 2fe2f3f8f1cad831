"""Code that is not ours runs here: in a process of its own that can reach next to nothing.

``process`` is the worker's side, ``child`` the other one; they talk in lines of JSON (``wire``).
The child gives its rights up before it imports what it is to run (``confinement``): the kernel's
Landlock decides which files it may read and write, seccomp which calls it may make. Neither needs
privileges, so both also hold inside a container that has none. Where a kernel has neither (macOS),
only Python's own doors are guarded, which code that means harm gets round; every answer's
provenance says which of these held.
"""

inside = False
"""Whether this is a confined process; set by ``child`` once the rights are gone."""
