#include "evaluation/report/style.h"

namespace nudge::report {

const char* const kStyle = R"css(
:root {
  --paper: #fcfbf8; --card: #f4f2ec; --ink: #23211d; --quiet: #6a655c; --rule: #ddd8cd; --grid: #e9e5dc;
  --gold: #a87400; --proxy: #6a4fb3; --sft: #77736b; --good: #1d7a72; --bad: #bb3b2c; --other: #3d6f9e;
  --k0: #35608f; --k1: #1d8a80; --k2: #7f9a2e; --k3: #d08a1e; --k4: #d1603d; --k5: #a8283c;
  --serif: "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", "URW Palladio L", Georgia, serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #17181b; --card: #202226; --ink: #e6e3dc; --quiet: #a09b90; --rule: #34363b; --grid: #2a2c31;
    --gold: #e3b341; --proxy: #ab98f2; --sft: #a8a49b; --good: #4fbdb2; --bad: #f0806c; --other: #7fb0df;
    --k0: #7aa7dd; --k1: #4fc0b4; --k2: #b4cf5f; --k3: #efb452; --k4: #f0926e; --k5: #ef6f86;
  }
}
.c-gold { --c: var(--gold) } .c-proxy { --c: var(--proxy) } .c-sft { --c: var(--sft) } .c-good { --c: var(--good) }
.c-bad { --c: var(--bad) } .c-other { --c: var(--other) } .c-ink { --c: var(--ink) }
.c-k0 { --c: var(--k0) } .c-k1 { --c: var(--k1) } .c-k2 { --c: var(--k2) } .c-k3 { --c: var(--k3) }
.c-k4 { --c: var(--k4) } .c-k5 { --c: var(--k5) }
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100% }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.62 var(--serif);
  font-feature-settings: "kern", "liga"; hanging-punctuation: first; text-wrap: pretty }
main { max-width: 40rem; margin: 0 auto; padding: 3.5rem 1.1rem 5rem; box-sizing: content-box }
figure, .tiles, .scroll, .pairs { margin: 1.9rem 0 }
@media (min-width: 56rem) {
  figure, .tiles, .scroll, .pairs { margin-inline: -5.5rem }
  figure .scroll, details .scroll { margin-inline: 0 }
}
.overline { font: 600 .78rem/1.4 var(--sans); letter-spacing: .09em; text-transform: uppercase; color: var(--quiet); margin: 0 0 .9rem }
h1 { font-size: clamp(1.9rem, 1.2rem + 3.2vw, 2.9rem); line-height: 1.12; font-weight: 600; letter-spacing: -.012em;
  margin: 0 0 1.3rem; text-wrap: balance }
h2 { font-size: clamp(1.35rem, 1.15rem + .9vw, 1.65rem); line-height: 1.25; font-weight: 600; margin: 3.6rem 0 .8rem; text-wrap: balance }
h2 .no { color: var(--quiet); font-weight: 400; margin-right: .55em; font-variant-numeric: oldstyle-nums }
h3 { font: 600 .95rem/1.4 var(--sans); margin: 2.2rem 0 .5rem }
p { margin: 0 0 1rem }
.lead { font-size: clamp(1.13rem, 1.05rem + .4vw, 1.28rem); line-height: 1.55 }
.caveat { border-left: 3px solid var(--gold); padding-left: 1rem; color: var(--quiet) }
strong { font-weight: 650 }
a { color: inherit; text-decoration-color: var(--rule); text-underline-offset: .18em }
a:hover { text-decoration-color: currentColor }
nav { font: .9rem/1.5 var(--sans); color: var(--quiet); margin: .6rem 0 0 }
nav ol { margin: 0; padding: 0; list-style: none; columns: 2 15rem; column-gap: 2rem; counter-reset: chapter }
nav li { counter-increment: chapter; break-inside: avoid; padding: .16rem 0 .16rem 1.7rem; text-indent: -1.7rem }
nav li::before { content: counter(chapter); display: inline-block; width: 1.7rem; text-indent: 0; font-variant-numeric: tabular-nums }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(9.2rem, 100%), 1fr)); gap: .8rem; font-family: var(--sans) }
.tile { background: var(--card); border-radius: .5rem; padding: .95rem 1rem 1rem; border-top: 3px solid var(--c) }
.tile .number { font-size: clamp(1.5rem, 1.1rem + 1.5vw, 1.95rem); font-weight: 650; line-height: 1.1; letter-spacing: -.02em; color: var(--c);
  font-variant-numeric: tabular-nums; white-space: nowrap }
.tile .label { font-size: .93rem; line-height: 1.35; margin-top: .5rem }
.tile .detail { font-size: .8rem; line-height: 1.4; color: var(--quiet); margin-top: .35rem; font-variant-numeric: tabular-nums }
figcaption { font: .83rem/1.5 var(--sans); color: var(--quiet); margin-top: .7rem; max-width: 44rem }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.3rem; font: .85rem/1.5 var(--sans); margin-bottom: .6rem }
.legend span { display: inline-flex; align-items: center; gap: .45em; white-space: nowrap }
.legend svg.plot { width: 26px; height: 14px; flex: none }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)); gap: 1.2rem 1.6rem }
svg.plot { display: block; width: 100%; height: auto; font-family: var(--sans); font-variant-numeric: tabular-nums; overflow: visible }
svg.narrow { display: none }
@media (max-width: 40rem) { svg.wide { display: none } svg.narrow { display: block } }
svg text { fill: var(--ink); font-size: 13px }
svg .tick, svg .axis-name { fill: var(--quiet); font-size: 12px }
svg .axis-name { font-size: 12.5px }
svg .value { fill: var(--quiet); font-size: 12px }
svg .point-label { font-size: 12px; paint-order: stroke; stroke: var(--paper); stroke-width: 3.5px; stroke-linejoin: round }
svg .grid { stroke: var(--grid); stroke-width: 1 }
svg .zero { stroke: var(--rule); stroke-width: 1.4 }
svg .guide { stroke: var(--quiet); stroke-width: 1.2; stroke-dasharray: 2 4 }
svg .leader { stroke: var(--quiet); stroke-width: .8 }
svg .line { fill: none; stroke: var(--c); stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round }
svg .dashed { stroke-dasharray: 6 5 }
svg .bar { stroke: var(--c); stroke-width: 2.2; opacity: .5; stroke-linecap: round }
svg .band { fill: var(--c); opacity: .16 }
svg .marker { fill: var(--c); stroke: var(--paper); stroke-width: 1.6 }
svg .speck { fill: var(--c); opacity: .34 }
.scroll { overflow-x: auto; -webkit-overflow-scrolling: touch }
.wide-table th, .wide-table td { padding-inline: .45rem; font-size: .92em }
@media (min-width: 56rem) { .scroll.wide-table { margin-inline: calc(max(-17rem, (40rem - 100vw) / 2 + 1.5rem)) } }
.path { list-style: none; margin: 1.9rem 0; padding: 0; display: grid; gap: .6rem; font-family: var(--sans); counter-reset: stop }
.path li { background: var(--card); border-left: 3px solid var(--c); border-radius: .3rem; padding: .6rem .9rem; font-size: .9rem;
  line-height: 1.45; position: relative }
.path li + li::before { content: "\2193"; position: absolute; top: -.95rem; left: 1rem; color: var(--quiet); font-size: .8rem }
.path strong { display: block }
@media (min-width: 56rem) {
  .path { grid-template-columns: repeat(3, 1fr); gap: 1.3rem; margin-inline: -5.5rem }
  .path li + li::before { content: "\2192"; top: 50%; left: -1.1rem }
  .path li:nth-child(3n + 1)::before { content: "" }
}
table { border-collapse: separate; border-spacing: 0; font: .86rem/1.4 var(--sans); font-variant-numeric: tabular-nums; min-width: 100% }
th, td { text-align: right; padding: .5rem .75rem; border-bottom: 1px solid var(--rule); white-space: nowrap; vertical-align: top }
th:first-child { text-align: left; padding-left: 0; font-weight: 500; white-space: normal; min-width: 8rem; position: sticky;
  left: 0; background: var(--paper) }
td.left { text-align: left; white-space: normal; overflow-wrap: anywhere }
thead th { color: var(--quiet); font-weight: 500; white-space: normal; vertical-align: bottom; border-bottom: 1.5px solid var(--quiet) }
td small { display: block; color: var(--quiet); font-size: .76rem }
td.emphasised, th.emphasised { font-weight: 650; color: var(--ink) } td.emphasised small { font-weight: 400 }
.pairs { display: grid; gap: 1.1rem; font-family: var(--sans) }
.pair { border: 1px solid var(--rule); border-radius: .5rem; padding: .95rem 1.1rem 1.05rem }
.pair .asked { font-weight: 600; line-height: 1.4 }
.pair .tags { color: var(--quiet); font-size: .8rem; margin: .1rem 0 .7rem }
.answers { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(13rem, 100%), 1fr)); gap: .8rem }
.answer { border-left: 3px solid var(--c); padding-left: .75rem; font-size: .93rem; line-height: 1.45; min-width: 0 }
.answer .who { color: var(--quiet); font-size: .78rem; display: block; margin-bottom: .1rem }
.answer .score { font-variant-numeric: tabular-nums }
.verbatim { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate }
.mark { color: var(--quiet); opacity: .75 }
.transcript { background: var(--card); border-radius: .5rem; padding: .95rem 1.1rem; font: .87rem/1.55 var(--mono); margin: 1.4rem 0 }
.transcript .asked { display: block; font-weight: 700 }
pre { background: var(--card); border-radius: .5rem; padding: .9rem 1.1rem; overflow-x: auto; font: .78rem/1.55 var(--mono); margin: .5rem 0 1.2rem }
details { margin: .7rem 0 } summary { cursor: pointer; font: .95rem/1.5 var(--sans) }
footer { margin-top: 4rem; padding-top: 1.2rem; border-top: 1px solid var(--rule); font: .83rem/1.55 var(--sans); color: var(--quiet) }
@media print { body { font-size: 10pt } figure, .pair, .tile { break-inside: avoid } }
)css";

}  // namespace nudge::report
