"""The report's style sheet: light and dark by the reader's own setting, readable on paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --page: #f6f7f9; --card: #ffffff; --ink: #1b2430; --soft: #5d6878; --line: #dfe4ea; --track: #e9edf2;
  --accepted: #2f7fb8; --quarantined: #d9772b; --good: #1d7f4e; --good-back: #e2f3ea; --warning: #8a6100; --warning-back: #fbf0d3;
  --bad: #b3261e; --bad-back: #fbe5e3; }
@media (prefers-color-scheme: dark) { :root { --page: #12161c; --card: #1a2029; --ink: #e6eaf0; --soft: #9aa6b6; --line: #2c3542;
  --track: #28303b; --accepted: #4f9fd6; --quarantined: #e8944f; --good: #63cf98; --good-back: #173526; --warning: #e6bd5b;
  --warning-back: #3a2f12; --bad: #f28b82; --bad-back: #42211f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
header, main { max-width: 76rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding-top: 2rem; }
.brand { margin: 0; color: var(--soft); letter-spacing: .08em; text-transform: uppercase; font-size: .8rem; }
h1 { margin: .1rem 0 1rem; font-size: 1.7rem; line-height: 1.25; }
h2 { margin: 2rem 0 .75rem; font-size: 1.15rem; }
h3 { margin: 1.5rem 0 .5rem; font-size: 1rem; }
h4 { margin: 1rem 0 .35rem; font-size: .95rem; }
h1 [lang=en], h2 [lang=en], h3 [lang=en] { color: var(--soft); font-weight: 400; }
small { color: var(--soft); font-weight: 400; font-size: .8rem; }
code { font: .85em/1.4 ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .75rem; margin-bottom: .75rem; }
.tile, figure, details { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.tile { padding: .8rem 1rem; }
.tile p { margin: 0; color: var(--soft); font-size: .85rem; }
.tile .figure { color: var(--ink); font-size: 1.45rem; font-weight: 600; font-variant-numeric: tabular-nums; }
figure { margin: 0; padding: .7rem .9rem; }
figcaption { display: flex; justify-content: space-between; font-size: .9rem; margin-bottom: .3rem; }
details { margin-bottom: .75rem; padding: 0 1.1rem; }
details[open] { padding-bottom: 1.1rem; }
summary { cursor: pointer; padding: .8rem 0; display: flex; flex-wrap: wrap; gap: .3rem .8rem; align-items: baseline; }
summary code { margin-left: auto; color: var(--soft); }
summary:focus-visible { outline: 2px solid var(--accepted); outline-offset: 2px; border-radius: 4px; }
.facts { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 0; padding: .7rem 0; border-top: 1px solid var(--line); }
dt { color: var(--soft); font-size: .8rem; }
dd { margin: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; }
th, td { padding: .4rem .6rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: middle; }
thead th { color: var(--soft); font-weight: 500; font-size: .8rem; white-space: nowrap; }
thead th [lang=zh] { display: block; color: var(--ink); }
tbody th { font-weight: 600; }
tbody tr:last-child > * { border-bottom: 0; }
.num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bar { min-width: 5rem; width: 15%; }
.said, .when { white-space: nowrap; }
.about { margin: 0 0 .75rem; display: flex; flex-wrap: wrap; gap: .3rem .8rem; }
thead th.num { text-align: right; }
[lang=zh] { font-weight: inherit; }
tbody th [lang=zh], figcaption [lang=zh], .kept [lang=zh], h4 [lang=zh] { font-weight: 400; color: var(--soft); }
.message { min-width: 12rem; overflow-wrap: anywhere; }
.mark { display: inline-block; min-width: 1.4em; padding: 0 .3em; border-radius: 1em; text-align: center;
  font-weight: 700; font-size: .85em; }
.good { color: var(--good); background: var(--good-back); }
.warning { color: var(--warning); background: var(--warning-back); }
.bad { color: var(--bad); background: var(--bad-back); }
.kept, .empty { color: var(--soft); margin: .35rem 0; }
.kept b { color: var(--ink); }
svg { display: block; width: 100%; }
.split { height: 8px; border-radius: 4px; }
.accepted { fill: var(--accepted); }
.quarantined { fill: var(--quarantined); }
.track { fill: var(--track); }
.base { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.table-health { margin: .9rem 0 1.4rem; }
.why { margin: .1rem 0 .5rem; color: var(--soft); }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); gap: .75rem; align-items: start; }
.columns { height: 96px; }
.slot { fill: transparent; }
.axis { display: flex; justify-content: space-between; color: var(--soft); font-size: .75rem; margin-top: .2rem; }
.heats td, .heats th { padding: .1rem .25rem; border-bottom: 0; }
.heats th { width: 1%; max-width: 13rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-weight: 400; }
.heats .heat { min-width: .5rem; height: 1.1rem; border-radius: 2px; border: 1px solid var(--card);
  background: color-mix(in srgb, var(--quarantined) calc(var(--heat) * 100%), var(--track)); background-clip: padding-box; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media print { body { background: none; } details { break-inside: avoid; } }
"""
