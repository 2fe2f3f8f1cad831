"""Cases that are files, as systems are sent them that only look at pictures and read text.

One module a sort of file. Raters see the same drawings: what a system is shown is made of them.
"""
