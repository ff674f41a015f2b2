"""Who made an artifact, of what, and what was found out about it: signatures, attestations, SBOMs.

Facts: formats of Sigstore (cosign 2 and 3), in-toto statements in DSSE envelopes, CycloneDX.
"""
