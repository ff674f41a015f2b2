"""tamis: build, prove, measure, ship and deploy proxy-wasm filters for Envoy.

`import tamis` offers the verbs of the command line as functions of the same names:

    tested = tamis.test(tamis.subject("filters/header-policy")[0], hosts=("wasmtime",))
    assert tested.ok
"""

from typing import TYPE_CHECKING

from tamis import lazy, version

if TYPE_CHECKING:
    from tamis.verbs.attach import attach
    from tamis.verbs.bench import bench
    from tamis.verbs.build import build
    from tamis.verbs.cache import cache
    from tamis.verbs.calibrate import calibrate
    from tamis.verbs.check import check
    from tamis.verbs.convert import convert
    from tamis.verbs.copy import copy
    from tamis.verbs.doctor import doctor
    from tamis.verbs.init import init
    from tamis.verbs.inspect import inspect
    from tamis.verbs.keygen import keygen
    from tamis.verbs.list import list
    from tamis.verbs.load import load
    from tamis.verbs.login import login
    from tamis.verbs.logout import logout
    from tamis.verbs.new import new
    from tamis.verbs.pull import pull
    from tamis.verbs.push import push
    from tamis.verbs.record import record
    from tamis.verbs.rehearse import rehearse
    from tamis.verbs.render import render
    from tamis.verbs.replay import replay
    from tamis.verbs.reproduce import reproduce
    from tamis.verbs.run import run
    from tamis.verbs.save import save
    from tamis.verbs.ship import ship
    from tamis.verbs.sign import sign
    from tamis.verbs.subject import subject
    from tamis.verbs.tag import tag
    from tamis.verbs.test import test
    from tamis.verbs.toolchain import toolchain
    from tamis.verbs.tree import tree
    from tamis.verbs.verify import verify

__version__ = version.VERSION

__all__ = [
    "__version__",
    "attach",
    "bench",
    "build",
    "cache",
    "calibrate",
    "check",
    "convert",
    "copy",
    "doctor",
    "init",
    "inspect",
    "keygen",
    "list",
    "load",
    "login",
    "logout",
    "new",
    "pull",
    "push",
    "record",
    "rehearse",
    "render",
    "replay",
    "reproduce",
    "run",
    "save",
    "ship",
    "sign",
    "subject",
    "tag",
    "test",
    "toolchain",
    "tree",
    "verify",
]


#: `import tamis` costs nothing: a verb is loaded on first use.
__getattr__ = lazy.names_of(__name__, {f"verbs.{verb}": (verb,) for verb in __all__[1:]})
