"""How pages look, in light and in dark."""

__all__ = ["PALETTE", "STYLE"]

#: What a picture needs where it is a file of its own.
PALETTE = """
:root{--back:#fff;--text:#1b1f24;--quiet:#59636e;--rule:#d1d9e0;--ok:#1a7f37;--no:#c0232c;
--c0:#0969da;--c1:#bf5700;--c2:#1a7f6b;--c3:#8250df;--c4:#9a6700;--c5:#b0307f;--c6:#4d7d10;--c7:#8c959f}
@media (prefers-color-scheme:dark){:root{--back:#0d1117;--text:#e6edf3;--quiet:#9198a1;
--rule:#3d444d;--ok:#3fb950;--no:#ff7b72;--c0:#58a6ff;--c1:#f0883e;--c2:#3fc8b0;--c3:#bc8cff;
--c4:#d9b23c;--c5:#f778ba;--c6:#8ccf3f;--c7:#757e89}}
line.rule{stroke:var(--rule)}line.mark{stroke:var(--text);stroke-dasharray:2 2}
.c0{fill:var(--c0)}.c1{fill:var(--c1)}.c2{fill:var(--c2)}.c3{fill:var(--c3)}
.c4{fill:var(--c4)}.c5{fill:var(--c5)}.c6{fill:var(--c6)}.c7{fill:var(--c7)}.cno{fill:var(--no)}
"""

STYLE = (
    PALETTE
    + """*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1rem;background:var(--back);color:var(--text);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
h1{font-size:1.6rem;margin:.5rem 0 0}h1 small{color:var(--quiet);font-weight:400}
h2{font-size:1.1rem;margin:2rem 0 .5rem}
code{font:.9em ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.quiet,footer{color:var(--quiet);font-size:.9em}
.ok{color:var(--ok)}.no,.broken{color:var(--no)}
main+main{border-top:1px solid var(--rule);margin-top:3rem;padding-top:1rem}
footer{margin-top:3rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;margin:.5rem 0}
th,td{padding:.25rem .75rem .25rem 0;text-align:left;border-bottom:1px solid var(--rule);
vertical-align:top}
th{color:var(--quiet);font-weight:500}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
li{margin:.4rem 0}
.legend{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.25rem 1rem;font-size:.85em}
.legend li{margin:0}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(18rem,1fr));gap:1rem}
figure{margin:0}figcaption{color:var(--quiet);font-size:.9em}
summary{cursor:pointer;margin-top:2rem}
svg{display:block;overflow:visible}.legend svg{display:inline;vertical-align:-1px}
svg text{fill:var(--text);font-size:12px}
.timed td:first-child,.timed th:first-child{white-space:nowrap}
@media (max-width:30rem){table{font-size:.85em}th,td{padding-right:.5rem}
.timed .n{white-space:normal}}
.faint{opacity:.45}
.whisker{stroke:var(--text);stroke-width:1.5}.curve{stroke-width:2}
.s0{stroke:var(--c0)}.s1{stroke:var(--c1)}.s2{stroke:var(--c2)}.s3{stroke:var(--c3)}
.s4{stroke:var(--c4)}.s5{stroke:var(--c5)}.s6{stroke:var(--c6)}
"""
)
