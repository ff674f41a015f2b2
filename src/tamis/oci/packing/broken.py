"""Why a layer cannot be read, in the words of Go's gzip and tar: every puller is made of them."""

__all__ = ["EARLY", "NO_GZIP", "Broken"]

#: The stream ends where more was promised.
EARLY = "unexpected EOF"
#: What begins here is no gzip member.
NO_GZIP = "gzip: invalid header"


class Broken(Exception):
    """`words`: what a puller would say. Whoever reads for tamis makes an error of ours of it."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words
