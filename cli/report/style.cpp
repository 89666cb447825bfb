#include "report/style.hpp"

namespace actz::report {

// Curves differ in dash as well as in colour, for readers who see few colours and for black-and-white prints.
const std::string_view kStyleSheet = R"css(
:root {
  color-scheme: light dark;
  --paper: #ffffff; --panel: #f6f7f9; --ink: #1b1f24; --soft: #5b6470; --grid: #e4e7eb; --rule: #c9ced6;
  --actz: #1f5fd0; --self: #22a0c8; --bins: #d9730d; --integers: #3c8f3f; --integers-zstd: #7fae2e;
  --peer-a: #8e44ad; --peer-b: #c2356b; --peer-c: #8a6d3b; --peer-d: #5d6d7e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171c; --panel: #1c2128; --ink: #e6e9ed; --soft: #9aa4b1; --grid: #2a3038; --rule: #414a56;
    --actz: #6ea3ff; --self: #5fd0ee; --bins: #ffa552; --integers: #74cf78; --integers-zstd: #b8dc6a;
    --peer-a: #cb92e6; --peer-b: #f57fa8; --peer-c: #d3b57c; --peer-d: #a9b6c4;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 1040px; margin: 0 auto; padding: 40px 24px 64px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 22px; margin: 40px 0 2px; padding-top: 20px; border-top: 1px solid var(--rule); }
h3 { font-size: 16px; margin: 32px 0 4px; }
p { margin: 4px 0 12px; max-width: 96ch; }
.soft, .note { color: var(--soft); }
.note { font-size: 14px; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(210px, 1fr)); gap: 12px; margin: 20px 0 8px; padding: 0; list-style: none; }
.facts li { background: var(--panel); border-radius: 10px; padding: 14px 18px; }
.facts b { display: block; font-size: 28px; line-height: 1.2; font-variant-numeric: tabular-nums; }
.facts span { color: var(--soft); font-size: 14px; }
figure { margin: 8px 0 0; overflow-x: auto; }
figcaption { color: var(--soft); font-size: 14px; margin-top: 2px; max-width: 96ch; }
svg { max-width: 100%; height: auto; display: block; }
.pairs { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 8px 24px; }
.grid { stroke: var(--grid); stroke-width: 1; }
.axis { stroke: var(--rule); stroke-width: 1.5; }
svg text { fill: var(--soft); font: 13px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
svg text.name, svg text.legend { fill: var(--ink); }
svg text.hint { font-style: italic; }
.middle { text-anchor: middle; }
.end { text-anchor: end; }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
.reach { fill: transparent; }
.dot { stroke: var(--paper); stroke-width: 1; }
.point:hover .dot { stroke: var(--ink); stroke-width: 2; }
.curve.actz { stroke: var(--actz); stroke-width: 3; } .actz .dot { fill: var(--actz); }
.curve.self { stroke: var(--self); stroke-width: 2.5; stroke-dasharray: 9 3; } .self .dot { fill: var(--self); }
.curve.bins { stroke: var(--bins); } .bins .dot { fill: var(--bins); }
.curve.integers { stroke: var(--integers); } .integers .dot { fill: var(--integers); }
.curve.integers-zstd { stroke: var(--integers-zstd); stroke-dasharray: 5 3; } .integers-zstd .dot { fill: var(--integers-zstd); }
.curve.peer-a { stroke: var(--peer-a); stroke-dasharray: 12 3 3 3; } .peer-a .dot { fill: var(--peer-a); }
.curve.peer-b { stroke: var(--peer-b); stroke-dasharray: 7 3; } .peer-b .dot { fill: var(--peer-b); }
.curve.peer-c { stroke: var(--peer-c); stroke-dasharray: 3 2; } .peer-c .dot { fill: var(--peer-c); }
.curve.peer-d { stroke: var(--peer-d); stroke-dasharray: 10 4; } .peer-d .dot { fill: var(--peer-d); }
.curve.bound { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 2 4; }
.bar { fill: var(--actz); opacity: 0.85; } .bar:hover { opacity: 1; }
.key { display: flex; flex-wrap: wrap; gap: 4px 24px; list-style: none; padding: 0; margin: 8px 0; font-size: 14px; }
.key svg { display: inline-block; vertical-align: middle; margin-right: 6px; }
.scroll { overflow-x: auto; margin-top: 12px; }
table { border-collapse: collapse; width: 100%; font-size: 14.5px; font-variant-numeric: tabular-nums; }
th { text-align: right; font-weight: 600; color: var(--soft); padding: 6px 10px; border-bottom: 1.5px solid var(--rule); vertical-align: bottom; }
td { text-align: right; padding: 5px 10px; border-bottom: 1px solid var(--grid); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
tr.ours td { font-weight: 600; }
tr.ours td:first-child { color: var(--actz); }
tr.group th { text-align: left; padding-top: 18px; color: var(--ink); }
th.left, td.left { text-align: left; }
td.rate { width: 190px; text-align: left; }
.meter { display: inline-block; height: 8px; border-radius: 4px; background: var(--rule); margin-right: 8px; vertical-align: middle; }
tr.ours .meter { background: var(--actz); }
details { margin: 14px 0; }
summary { cursor: pointer; color: var(--soft); }
@media print {
  :root { --paper: #ffffff; --panel: #f2f2f2; --ink: #000000; --soft: #444444; --grid: #dddddd; --rule: #999999; }
  main { padding: 0; max-width: none; }
  body { font-size: 12px; }
  figure, .facts, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
)css";

}  // namespace actz::report
