"""Files as they come, made into clean assets: pixels and samples, no tag, no name, no date.

One module for each family of files. Readers know nothing of studies, rows or cases; a case format
(``arena.studies.formats``) says which of them reads its files. Whatever is damaged, hostile, too
large or doubtful is refused with ``RowError``, a sentence that names the file.
"""
