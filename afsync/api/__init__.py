"""The AuraFlux service as afsync meets it: both dialects of its API behind one set of values.

`access` says which service and with which key; `connect` opens a session; `ApiReader` and `ApiWriter` hold
the requests that read and those that change something, and are different types; `fetch` reads everything a plan needs.
"""
