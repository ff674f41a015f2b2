"""JSON as Go reads it: what it takes, and how it tells what it does not."""

import pytest

from tamis.checks.packaging.document import image, index
from tamis.checks.packaging.words import Refused

_FIELD = "json: cannot unmarshal {} into Go struct field {} of type {}"
_SHA = f"sha256:{'a' * 64}"


@pytest.mark.parametrize(
    "text",
    [
        '{"layers": null, "config": null, "annotations": null}',
        f'{{"layers": [null, {{"digest": "{_SHA}", "size": -1}}]}}',
        ' \n{"unknown": [1, {}], "mediaType": ""} trailing',
        '{"layers": [{"platform": {"os": "linux", "os.features": [1]}, "urls": []}]}',
        "null",
        "{}",
    ],
)
def test_taken(text: str) -> None:
    image(text.encode())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "EOF"),
        ("  ", "EOF"),
        ("{", "unexpected EOF"),
        ('{"a', "unexpected EOF"),
        ('{"a":', "unexpected EOF"),
        ('{"a": tru}', "invalid character 't' looking for beginning of value"),
        ("{1}", "invalid character '1' looking for beginning of object key string"),
        ('{"a" 1}', "invalid character '1' after object key"),
        ('{"a": 1 "b"}', "invalid character '\"' after object key:value pair"),
        ("1", "json: cannot unmarshal number into Go value of type v1.Manifest"),
        ('"x"', "json: cannot unmarshal string into Go value of type v1.Manifest"),
        ('{"mediaType": 1}', _FIELD.format("number", "Manifest.mediaType", "string")),
        ('{"schemaVersion": "2"}', _FIELD.format("string", "Manifest.schemaVersion", "int64")),
        ('{"schemaVersion": true}', _FIELD.format("bool", "Manifest.schemaVersion", "int64")),
        ('{"config": []}', _FIELD.format("array", "Manifest.config", "v1.Descriptor")),
        ('{"layers": {}}', _FIELD.format("object", "Manifest.layers", "[]v1.Descriptor")),
        ('{"layers": [1]}', _FIELD.format("number", "Manifest.layers", "v1.Descriptor")),
        (
            '{"layers": [{"urls": [1]}]}',
            _FIELD.format("number", "Descriptor.layers.urls", "string"),
        ),
        ('{"layers": [{"digest": "sha256:a"}]}', "wrong number of hex digits for sha256: a"),
        ('{"layers": [{"digest": "md5:a"}]}', 'unsupported hash: "md5"'),
        ('{"layers": [{"digest": "a\\"b"}]}', 'cannot parse hash: "a\\"b"'),
        ('{"layers": [{"data": "?"}]}', "illegal base64 data at input byte 0"),
        ("[" * 100_000, "exceeded max depth"),
    ],
)
def test_refused(text: str, words: str) -> None:
    with pytest.raises(Refused) as caught:
        image(text.encode())
    assert caught.value.words == words


def test_index() -> None:
    first, second = index(
        b'{"manifests": [{"digest": "%s"}, {"platform": {"os": "linux"}, "data": "e30="}]}'
        % _SHA.encode()
    )
    assert (first.digest, first.platform, first.data) == (_SHA, None, None)
    assert (second.platform, second.data) == (("linux", ""), b"{}")
    with pytest.raises(Refused, match=r"of type \[\]v1.Descriptor"):
        index(b'{"manifests": 1}')
