"""Paths of the building machine, in the order in which they stand in a module."""

from tamis.wasm.paths import machine_paths


def test_in_order_and_once() -> None:
    texts = (
        rb"C:\Users\joe\a.rs",
        b"/home/joe/a.c",
        b"/root/bb",
        b"/home/joe/a.c",
        rb"x:\Users\no",
        rb"D:\Users\jo",
        b"/homes/no",
        b"/builds/x1",
        b"/root/",
    )
    data = b"\0".join((rb":\Users\no", *texts))
    assert machine_paths(data) == (
        r"C:\Users\joe\a.rs",
        "/home/joe/a.c",
        "/root/bb",
        r"D:\Users\jo",
        "/builds/x1",
    )


def test_no_more_than_a_few() -> None:
    data = b"\0".join(b"/root/%02d" % number for number in range(20))
    assert machine_paths(data) == tuple(f"/root/{number:02}" for number in range(8))
