"""Reading Envoy's log while it is written."""

from pathlib import Path

from tamis.envoy.log import Call, Log, Record, call_of

CALL = "@n 7 trace wasm [host->vm] proxy_on_request_headers(2, 4, 1)\n"
LINES = "@n 7 info wasm wasm log a b: one\ntwo\n\n"


def test_records_come_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.touch()
    log = Log(path, "@n")
    assert not log.poll()
    with path.open("ab", buffering=0) as file:
        for piece in (
            CALL[:20],
            CALL[20:],
            LINES[:35],
            LINES[35:],
            CALL,
            "@n 0 info access 200 - x\n",
        ):
            file.write(piece.encode())
            log.poll()
    call = Record(7, "trace", "wasm", "[host->vm] proxy_on_request_headers(2, 4, 1)")
    message = Record(7, "info", "wasm", "wasm log a b: one\ntwo\n")
    assert log.records == [call, message, call, Record(0, "info", "access", "200 - x")]
    log.close()


def test_bytes_that_are_not_utf8_and_foreign_lines(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"from the loader\n@n 7 info wasm wasm log v: \xff\0\n@n 7 info main x\n")
    log = Log(path, "@n")
    log.poll()
    assert [record.text for record in log.records] == ["wasm log v: \udcff\0", "x"]
    log.close()


def test_calls() -> None:
    def call(text: str) -> Call | None:
        return call_of(Record(7, "trace", "wasm", text))

    assert call("[vm->host] env.proxy_log(2, 1024, 5)") == Call(
        "vm->host", "env.proxy_log", (2, 1024, 5)
    )
    assert call("[host<-vm] proxy_on_log return: void") == Call(
        "host<-vm", "proxy_on_log", (), "void"
    )
    assert call("[host->vm] _initialize()") == Call("host->vm", "_initialize")
    assert call("wasm log v: [host->vm] proxy_on_log(1)") is None
    assert call_of(Record(7, "info", "wasm", "[host->vm] proxy_on_log(1)")) is None
