"""tamis.toml: what is read, and every error a user can meet."""

import json
from pathlib import Path

import pytest

from tamis import project
from tamis.errors import BadInput, Place
from tamis.model.filter import Budgets, Filter
from tamis.model.plugin import Limits, Plugin
from tamis.project import configuration, find, read

BASE = """name = "x"
version = "1.0.0"
language = "cpp"
sources = ["filter.cc"]
"""
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "rules": {"type": "array", "items": {"type": "string", "description": "a rule"}},
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {
        "filter.cc": "",
        "more.cc": "",
        "config.json": '{"rules": ["a"]}\n',
        "wrong.json": '{"rules": [1]}',
        "broken.json": '{\n "a": }',
        "twice.json": '{"a": 1, "a": 2}',
        "nan.json": '{"a": NaN}',
        "config.schema.json": json.dumps(SCHEMA),
        "bad.schema.json": '{"type": 3}',
        "ref.schema.json": '{"$ref": "https://example.invalid/other.json"}',
    }.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "latin.json").write_bytes(b'"\xe9"')
    return tmp_path


def made(folder: Path, text: str) -> Filter:
    (folder / "tamis.toml").write_text(text)
    return read(folder)


def test_the_least(folder: Path) -> None:
    assert made(folder, BASE) == Filter(
        folder,
        "x",
        "1.0.0",
        "cpp",
        (folder / "filter.cc",),
        context="inbound",
        layer="http",
        plugin=Plugin("x"),
        limits=Limits(),
    )


def test_everything(folder: Path) -> None:
    text = (
        BASE.replace('"filter.cc"', '"*.cc"')
        + """
description = "d"
license = "MIT"
context = "gateway"
layer = "network"
root_id = "r"
config = "config.json"
config_schema = "config.schema.json"
targets = ["istio@1.30", "envoy@1.40"]
[budgets]
size = 1
gzipped = 2
crossings = 0
bytes = 4
allocations = 5
fuel = 6
memory = 7
[publish]
repository = "ghcr.io/acme/x"
layout = "higress"
source_url = "https://github.com/acme/x"
[cpp]
flags = ["-O2"]
defines = {A = 1, B = true}
"""
    )
    filter = made(folder, text)
    assert filter.sources == (folder / "filter.cc", folder / "more.cc")
    assert (filter.description, filter.license, filter.root_id) == ("d", "MIT", "r")
    assert (filter.context, filter.layer) == ("gateway", "network")
    assert filter.config == '{"rules": ["a"]}', "as it is in the file"
    assert filter.config_schema == folder / "config.schema.json"
    assert filter.targets == ("istio@1.30", "envoy@1.40")
    assert filter.budgets == Budgets(1, 2, 0, 4, 5, 6, 7)
    assert (filter.repository, filter.layout) == ("ghcr.io/acme/x", "higress")
    assert filter.source_url == "https://github.com/acme/x"
    assert filter.settings == {"flags": ["-O2"], "defines": {"A": 1, "B": True}}


def test_plugin_and_limits(folder: Path) -> None:
    filter = made(
        folder,
        BASE
        + """root_id = "r"
[plugin]
failure_policy = "reload"
environment = {LEVEL = "info", X = "a=b"}
capabilities = ["proxy_log", "fd_write", "proxy_on_tick"]
vm_config = "start"
allow_on_headers_stop_iteration = true
[limits]
memory = "64MiB"
stack = 262144
deadline = "1500ms"
fuel = 1000
log = "0"
body = "1GiB"
""",
    )
    assert filter.plugin == Plugin(
        "x",
        "r",
        None,
        b"start",
        {"LEVEL": "info", "X": "a=b"},
        ("proxy_log", "fd_write", "proxy_on_tick"),
        "reload",
        allow_on_headers_stop_iteration=True,
    )
    assert filter.limits == Limits(
        memory=64 << 20,
        stack=256 << 10,
        deadline_ms=1500,
        fuel=1000,
        log_bytes=0,
        body_bytes=1 << 30,
    )


def test_a_vm_configuration_in_a_file_is_taken_as_it_is(folder: Path) -> None:
    filter = made(folder, BASE + '[plugin]\nvm_config = {file = "config.json"}')
    assert filter.plugin.vm_config == b'{"rules": ["a"]}\n'


def test_an_inline_configuration_becomes_json(folder: Path) -> None:
    text = BASE + 'config = {rules = ["é", "no"], on = true, n = 1.5}'
    assert made(folder, text).config == '{"rules":["é","no"],"on":true,"n":1.5}'


#: What follows BASE (or replaces part of it), the place, the error, the advice.
ERRORS = [
    ("langauge = 1", (5, 1), "unknown key 'langauge'", "Did you mean 'language'?"),
    ("zzz = 1", (5, 1), "unknown key 'zzz'", "Known are: $schema, name"),
    ("[budgets]\n# c\nsize=1\nsise=2", (8, 1), "unknown key 'budgets.sise'", "'size'"),
    ("[cpp]\nflag = []", (6, 1), "unknown key 'cpp.flag'", "'flags'"),
    ("[publish]\nrepo = 'x'", (6, 1), "unknown key 'publish.repo'", "repository"),
    ("x =", (5, 4), "tamis.toml is not TOML", "Correct the line"),
    ("x = 'a", (5, 7), "tamis.toml is not TOML", "Correct the line"),
    ('name = "y"', (5, 11), "tamis.toml is not TOML: Cannot overwrite", "Correct the line"),
    ("[budgets]\nsize = 0", (6, 1), "'budgets.size': 0 is less than", "Bytes of the module"),
    ("[budgets]\nsize = '1'", (6, 1), "'budgets.size' must be of type integer", "Bytes"),
    ("context = 'inbond'", (5, 1), "'context' is 'inbond'", "Did you mean 'inbound'?"),
    ("layer = 'udp'", (5, 1), "'layer' is 'udp'", "Write one of http, network."),
    ("description = 3", (5, 1), "'description' must be of type string", "One line"),
    ("root_id = '" + "r" * 256 + "'", (5, 1), "'root_id': ", "registers"),
    ("targets = ['istio@1.30',\n 'istoi']", (6, 2), "'istoi' is not a target", "mean istio?"),
    ("targets = ['istio@1.2']", (5, 12), "knows nothing of Istio 1.2", "It knows 1.28"),
    ("config = 3", (5, 1), "'config': 3 has the wrong form", "the path of a JSON file"),
    ("config = 'none.json'", (5, 1), "cannot read 'config'", "Name a file that exists."),
    ("config = 'latin.json'", (5, 1), "latin.json is not UTF-8", "UTF-8"),
    ("config = {a = 2020-01-01}", (5, 11), "no such value as 2020-01-01", "Quote it"),
    ("config = {a = [1, inf]}", (5, 19), "'config.a[1]'", "Quote it"),
    ("config_schema = 'none.json'", (5, 1), "cannot read 'config_schema'", "exists"),
    (
        "config_schema = 'config.schema.json'\nconfig = {rules = [1]}",
        (6, 20),
        "the default configuration breaks its schema at $.rules[0]: 1 is not of type 'string'",
        "What is meant there: a rule",
    ),
    ("[publish]\nlayout = 'zip'", (6, 1), "'publish.layout' is 'zip'", "higress"),
    ("[publish]\nsource_url = 'git@x.io:y'", (6, 1), "'git@x.io:y' has the wrong form", "https://"),
    ("[publish]\nsource_url = 'https://me:secret@x.io/y'", (6, 1), "'publish.source_url'", "https"),
    ("[publish]\nrepository = 'x.io/y:1'", (6, 1), "is more than a repository", "ghcr.io/acme"),
    ("[publish]\nrepository = 'oci-layout://x'", (6, 1), "is more than", "ghcr.io/acme"),
    ("[publish]\nrepository = 'x.io/Y'", (6, 1), "'Y' is not a repository name", "ghcr.io/acme"),
    (
        "[rust]\nfeatures = []",
        (5, 2),
        "the table [rust] belongs to another",
        "Move its keys to [cpp]",
    ),
    ("[cpp]\noptimize = 'max'", (6, 1), "'cpp.optimize' is 'max'", "size, speed, none"),
    ("[cpp]\ndefines = {A = 1.5}", (6, 12), "must be of type string or integer", ""),
    ("[plugin]\nfailure_policy = 'close'", (6, 1), "is 'close'", "Did you mean 'closed'?"),
    ("[plugin]\nfail = 'open'", (6, 1), "unknown key 'plugin.fail'", "failure_policy"),
    ("[plugin]\ncapabilities = ['proxy_lgo']", (6, 17), "'proxy_lgo' is not", "'proxy_log'?"),
    ("[plugin]\ncapabilities = ['zzz']", (6, 17), "'zzz' is not a capability", "fd_write"),
    ("[plugin]\ncapabilities = 'proxy_log'", (6, 1), "of type array", "none: all"),
    ("[plugin.environment]\nA = 1", (6, 1), "'plugin.environment.A' must be of type", "text"),
    ("[plugin.environment]\n'A=B' = 'c'", (6, 1), "'A=B' is not a variable", "no '='"),
    ('[plugin.environment]\nA = "\\u0000"', (6, 1), "'A' is not a variable", "NUL"),
    ("[plugin]\nvm_config = {file = 'none'}", (6, 14), "cannot read 'plugin.vm", "exists"),
    ("[plugin]\nvm_config = {file = 'latin.json'}", (6, 14), "is not UTF-8", "UTF-8"),
    ("[plugin]\nvm_config = {fil = 'x'}", (6, 1), "'plugin.vm_config': ", "on_vm_start"),
    ("[plugin]\nallow_on_headers_stop_iteration = 1", (6, 1), "of type boolean", "1.35"),
    ("[limits]\nmemory = '64MB'", (6, 1), "'64MB' is not a value of 'memory'", "such as 64MiB"),
    ("[limits]\nmemory = '5GiB'", (6, 1), "'memory' cannot be 5GiB", "from 64KiB to 4GiB"),
    ("[limits]\nmemory = 0", (6, 1), "'memory' cannot be 0", "from 64KiB to 4GiB"),
    ("[limits]\nmemory = -1", (6, 1), "'-1' is not a value of 'memory'", "such as 64MiB"),
    ("[limits]\nmemory = 1.5", (6, 1), "must be of type string or integer", "64MiB"),
    ("[limits]\ndeadline = '10'", (6, 1), "'10' is not a value", "(ms, s, m), such as 10s"),
    ("[limits]\ndeadline = 10", (6, 1), "must be of type string", "such as 10s"),
    ("[limits]\ndeadline = '0ms'", (6, 1), "'deadline' cannot be 0ms", "from 1ms to 60m"),
    ("[limits]\nfuel = '5k'", (6, 1), "must be of type integer", "Instructions"),
    ("[limits]\nmemry = 1", (6, 1), "unknown key 'limits.memry'", "'memory'"),
]


@pytest.mark.parametrize(("more", "at", "what", "advice"), ERRORS)
def test_errors(folder: Path, more: str, at: tuple[int, int], what: str, advice: str) -> None:
    with pytest.raises(BadInput) as caught:
        made(folder, BASE + more)
    assert what in caught.value.what
    assert advice in caught.value.advice()
    assert str(caught.value.at) == f"{folder / 'tamis.toml'}:{at[0]}:{at[1]}"


REPLACED = [
    ("name", "nam", (1, 1), "unknown key 'nam'", "Did you mean 'name'?"),
    ('name = "x"\n', "", (1, 1), "the key 'name' is missing", "Names the module"),
    ('"x"', '"a b"', (1, 1), "'name': 'a b' has the wrong form", "letters, digits"),
    ("1.0.0", "1.0", (2, 1), "'version': '1.0' has the wrong form", "major.minor.patch"),
    ("1.0.0", "1.0.0+b", (2, 1), "'version': '1.0.0+b' has the wrong form", "no '+'"),
    ('"cpp"', '"cp"', (3, 1), "'language' is 'cp'", "Did you mean 'cpp'?"),
    ('["filter.cc"]', "[]", (4, 1), "'sources': [] should be non-empty", "What is compiled"),
    ("filter.cc", "fliter.cc", (4, 12), "there is no fliter.cc", "relative to tamis.toml"),
    ("filter.cc", "*.zig", (4, 12), "there is no *.zig", "relative to tamis.toml"),
    ('["filter.cc"]', '["filter.cc", 3]', (4, 25), "'sources[1]' must be of type string", ""),
]


@pytest.mark.parametrize(("old", "new", "at", "what", "advice"), REPLACED)
def test_errors_in_the_least(
    folder: Path, old: str, new: str, at: tuple[int, int], what: str, advice: str
) -> None:
    with pytest.raises(BadInput) as caught:
        made(folder, BASE.replace(old, new, 1))
    assert what in caught.value.what
    assert advice in caught.value.advice()
    assert str(caught.value.at) == f"{folder / 'tamis.toml'}:{at[0]}:{at[1]}"


@pytest.mark.parametrize(
    ("keys", "at", "what"),
    [
        ("config = 'broken.json'", "broken.json:2:7", "the default configuration is not JSON"),
        ("config = 'twice.json'", "twice.json", "the key 'a' occurs twice"),
        ("config = 'nan.json'", "nan.json", "NaN is no JSON number"),
        (
            "config = 'wrong.json'\nconfig_schema = 'config.schema.json'",
            "wrong.json",
            "breaks its schema at $.rules[0]",
        ),
        (
            "config = {}\nconfig_schema = 'ref.schema.json'",
            "ref.schema.json",
            "refers to what it does not contain",
        ),
        ("config_schema = 'broken.json'", "broken.json:2:7", "is not JSON"),
        ("config_schema = 'bad.schema.json'", "bad.schema.json", "no JSON Schema at $.type"),
    ],
)
def test_errors_in_the_files_it_names(folder: Path, keys: str, at: str, what: str) -> None:
    with pytest.raises(BadInput) as caught:
        made(folder, BASE + keys)
    assert what in caught.value.what
    assert str(caught.value.at) == str(folder / at)


def test_bytes_that_are_no_text(folder: Path) -> None:
    (folder / "tamis.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match="is not UTF-8"):
        read(folder)


def test_find_one_or_all_below(folder: Path) -> None:
    for name in ("b", "a/deep", "build/old", ".hidden/x"):
        (folder / name).mkdir(parents=True)
        (folder / name / "filter.cc").touch()
        (folder / name / "tamis.toml").write_text(BASE.replace('"x"', f'"{Path(name).name}"'))
    assert [each.name for each in find(folder)] == ["deep", "b"]
    assert [each.name for each in find(folder / "b")] == ["b"]
    assert [each.name for each in find(folder / "b" / "tamis.toml")] == ["b"]


def test_find_nothing(folder: Path) -> None:
    with pytest.raises(BadInput, match=r"no tamis.toml in .* or below it"):
        find(folder)
    with pytest.raises(BadInput, match="there is no folder"):
        find(folder / "nowhere")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("n = 0x" + "f" * 20, "more than 64 bits"),
        ("n = " + "9" * 5000, "more than 64 bits"),
        ("n = " + "[" * 2000 + "]" * 2000, "nested too deeply"),
    ],
)
def test_toml_that_python_alone_cannot_read(folder: Path, text: str, what: str) -> None:
    (folder / "tamis.toml").write_text(text)
    with pytest.raises(BadInput, match=what) as caught:
        read(folder)
    assert caught.value.at


@pytest.mark.parametrize(
    "line",
    [
        'config = "a\\u0000b"',
        'config_schema = "a\\u0000b"',
        f'config_schema = "{"a" * 300}"',
        f'sources = ["{"a" * 300}"]',
    ],
)
def test_paths_that_no_file_has(folder: Path, line: str) -> None:
    key = line.partition(" ")[0]
    kept = [each for each in BASE.splitlines() if not each.startswith(f"{key} =")]
    with pytest.raises(BadInput, match=f"{key}(.0.)?'") as caught:
        made(folder, "\n".join([line, *kept]))
    assert caught.value.at
    assert caught.value.at.line == 1


@pytest.mark.parametrize(
    ("config", "schema", "what"),
    [
        ("1", '{"$ref": "#"}', "leads back to itself"),
        ('"a"', '{"pattern": "a{99999999999999999999}"}', "cannot be applied"),
        ("1" + "0" * 400, '{"multipleOf": 0.5}', "cannot be applied"),
        ("[" * 5000, "{}", "nested too deeply"),
    ],
)
def test_schemas_that_cannot_be_applied(config: str, schema: str, what: str) -> None:
    with pytest.raises(BadInput, match=what):
        configuration.validate(config, schema, "the configuration")


def test_a_key_has_a_place(folder):
    text = BASE + "\n[budgets]\n# c\n  size = 5000\n"
    filter = made(folder, text)
    line = text.splitlines().index("  size = 5000") + 1
    assert str(project.place(filter, "budgets", "size")) == f"{filter.manifest}:{line}:3"
    assert project.place(filter, "budgets", "fuel").line == line - 2, "the table's"
    filter.manifest.unlink()
    assert project.place(filter, "budgets", "size") == Place(filter.manifest)
