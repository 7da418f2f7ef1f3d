"""The AuraFlux service as afsync meets it: both dialects of its API behind one set of values.

`access` says which service and with which key; `connect` opens the line to it; `Reader` and `Writer` are what
can be asked and what can be changed, and are different types; `fetch` reads everything a plan needs.
"""
