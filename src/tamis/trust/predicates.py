"""What an attestation may be about: the URIs of its content, by the word that verbs have for it."""

__all__ = ["BENCH", "KINDS", "PROVENANCE", "REQUIREMENTS", "SBOM", "SIGN", "TEST_RESULT"]

SIGN = "https://sigstore.dev/cosign/sign/v1"
SBOM = "https://cyclonedx.org/bom"
PROVENANCE = "https://slsa.dev/provenance/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
BENCH = "https://tamis.dev/bench/v1"

#: What `attach` attaches.
KINDS = {
    "sbom": SBOM,
    "provenance": PROVENANCE,
    "check": TEST_RESULT,
    "bench": BENCH,
}
#: What `verify` may demand.
REQUIREMENTS = {"signature": SIGN, **KINDS}
