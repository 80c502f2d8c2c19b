"""Style sheet of a report, for light and dark screens of any width."""

import base64
import hashlib

STYLE = """
:root { color-scheme: light dark; --fg: #1f2328; --muted: #57606a; --bg: #ffffff; --card: #f6f8fa; --line: #d0d7de;
  --bad: #cf222e; --good: #1a7f37; --path: #24292f; --c0: #8250df; --c1: #0969da; --c2: #1a7f37; --c3: #bf8700;
  --c4: #6e7781; --c5: #1b7c83; --c6: #bf3989; }
@media (prefers-color-scheme: dark) { :root { --fg: #e6edf3; --muted: #9198a1; --bg: #0d1117; --card: #161b22;
  --line: #30363d; --bad: #ff7b72; --good: #3fb950; --path: #f0f6fc; --c0: #bc8cff; --c1: #58a6ff; --c2: #3fb950;
  --c3: #d29922; --c4: #8c959f; --c5: #39c5cf; --c6: #f778ba; } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 70rem; padding: 1rem; font: 15px/1.5 system-ui, sans-serif; color: var(--fg);
  background: var(--bg); overflow-wrap: anywhere }
h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem } h3 { font-size: 1rem }
p { margin: .4rem 0 } .muted { color: var(--muted) } .bad { color: var(--bad) } .good { color: var(--good) }
.status { font-weight: 600 }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .6rem; margin: 1rem 0;
  padding: 0 }
.tiles div { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: .5rem .8rem }
.tiles dt { color: var(--muted); font-size: .85rem } .tiles dd { margin: 0; font-size: 1.2rem; font-weight: 600 }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px }
table { border-collapse: collapse; width: 100% } th, td { padding: .3rem .6rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); overflow-wrap: normal }
tr:last-child > * { border-bottom: 0 } thead th { color: var(--muted); font-weight: 500; white-space: nowrap }
tbody th { font-weight: 600 } td.number, th.number { text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums } tr.sum { background: var(--card) }
code, pre { font: 13px/1.45 ui-monospace, monospace } pre { background: var(--card); border: 1px solid var(--line);
  border-radius: 6px; padding: .6rem; overflow-x: auto; white-space: pre-wrap; max-height: 30rem }
details { border: 1px solid var(--line); border-radius: 6px; padding: .5rem .8rem; margin: .6rem 0 }
summary { cursor: pointer; font-weight: 600 } img { max-width: 100%; height: auto; border-radius: 6px }
a { color: var(--c1) }
svg { display: block; min-width: 40rem; width: 100%; height: auto }
svg text { font: 12px system-ui, sans-serif; fill: var(--fg) } svg .note { fill: var(--muted); font-size: 11px }
svg .grid { stroke: var(--line) } svg .break { fill: var(--card) }
.s0 { fill: var(--c0) } .s1 { fill: var(--c1) } .s2 { fill: var(--c2) } .s3 { fill: var(--c3) } .s4 { fill: var(--c4) }
.s5 { fill: var(--c5) } .s6 { fill: var(--c6) }
.queue { fill: none; stroke: var(--muted); stroke-dasharray: 2 2 } .shared { opacity: .4 } .open { opacity: .65 }
.path { stroke: var(--path); stroke-width: 2 } .stopped { fill: var(--bad) }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin: .4rem 0; padding: 0; list-style: none;
  font-size: .85rem }
.legend svg { display: inline-block; min-width: 0; width: 14px; height: 14px; vertical-align: -2px }
"""


def policy() -> str:
    """Return the content security policy of a report: this style sheet, pictures in the file, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
