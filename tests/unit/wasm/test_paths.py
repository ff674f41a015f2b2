"""Paths of the building machine, in the order in which they stand in a module."""

from tamis.wasm.paths import machine_paths


def test_in_order_and_once() -> None:
    data = (
        rb"\0C:\Users\joe\a.rs" + b"\0/home/joe/a.c\0/root/b\0/home/joe/a.c\0"
        rb"x:\Users\no\0D:\Users\jo" + b"\0/homes/no\0/builds/x1\0:\\Users\\no"
    )
    assert machine_paths(data) == (
        r"C:\Users\joe\a.rs",
        "/home/joe/a.c",
        "/root/b",
        r"D:\Users\jo",
        "/builds/x1",
    )


def test_no_more_than_a_few() -> None:
    data = b"\0".join(b"/root/%02d" % number for number in range(20))
    assert machine_paths(data) == tuple(f"/root/{number:02}" for number in range(8))
