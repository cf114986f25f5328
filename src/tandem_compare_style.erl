%% SPDX-License-Identifier: Apache-2.0
%% @doc The style of a comparison's page. Blue and orange are told apart by everybody; in text they are darker on light ground and
%% lighter on dark.
-module(tandem_compare_style).

-export([css/0]).

%% @doc As a sheet.
-spec css() -> string().
css() ->
    "
:root { color-scheme: light dark; --ground: #fbfbf9; --card: #fff; --ink: #1c1f24; --soft: #5d6570; --line: #e3e4e1; --grid: #ececea;
  --beam: #b34a00; --tandem: #0067a6; --good: #10694f; --bad: #9c1f3c; --unsure: #6b5300; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14161a; --card: #1b1e23; --ink: #e7e8ea; --soft: #a0a7b1; --line: #30343b; --grid: #2a2e35;
    --beam: #f0a35a; --tandem: #66b8f2; --good: #6fcfae; --bad: #f5909f; --unsure: #e0c267; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
main { max-width: 1000px; margin: 0 auto; padding: 28px 20px 48px; }
h1 { font-size: 26px; line-height: 1.2; font-weight: 650; letter-spacing: -0.01em; margin: 0; }
h2 { font-size: 18px; line-height: 1.3; font-weight: 600; margin: 0; display: inline; }
p { margin: 0; }
a { color: inherit; text-decoration-color: var(--line); text-underline-offset: 3px; }
.when, .note, .outcome, footer { color: var(--soft); font-size: 13px; }
.when { margin-top: 6px; }
.verdict { margin: 20px 0 16px; padding: 14px 16px; border-left: 4px solid var(--good); background: var(--card); border-radius: 0 6px 6px 0; }
.verdict.differs, .verdict.failed { border-color: var(--bad); }
.verdict.varies { border-color: var(--unsure); }
.headline { font-size: 20px; font-weight: 600; line-height: 1.3; }
.verdict.same .headline span { color: var(--good); }
.verdict.differs .headline span, .verdict.failed .headline span { color: var(--bad); }
.verdict.varies .headline span { color: var(--unsure); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(136px, 1fr)); gap: 10px 20px; margin: 16px 0 6px; }
.tiles b { display: block; font-size: 24px; font-weight: 600; line-height: 1.2; }
.tiles span { color: var(--soft); font-size: 13px; }
.key { margin-top: 14px; font-size: 13px; font-weight: 600; }
.key span { margin-right: 14px; }
.key span::before { content: ''; display: inline-block; width: 14px; height: 4px; border-radius: 2px; margin-right: 6px; vertical-align: 3px; background: currentColor; }
.beam { color: var(--beam); }
.tandem { color: var(--tandem); }
header + h2 { display: block; margin-top: 34px; }
section, footer { margin-top: 24px; padding-top: 20px; border-top: 1px solid var(--line); }
section:has(> details) { margin-top: 0; padding: 12px 0; }
section:has(> details) + section:not(:has(> details)) { margin-top: 24px; }
summary { cursor: pointer; }
summary h2 { font-size: 16px; font-weight: 550; }
.brief { color: var(--soft); font-size: 13px; white-space: nowrap; }
details[open] > summary { margin-bottom: 8px; }
.chip { display: inline-block; font-size: 12px; line-height: 1.6; padding: 0 8px; border-radius: 10px; border: 1px solid currentColor; white-space: nowrap; vertical-align: 2px; }
.chip.same { color: var(--good); }
.chip.differs, .chip.failed { color: var(--bad); }
.chip.varies { color: var(--unsure); }
.outcome { margin: 4px 0 12px; scroll-margin-top: 80px; }
table { border-collapse: collapse; width: 100%; max-width: 560px; margin: 12px 0; font-size: 14px; }
table.jobs { max-width: 760px; }
th, td { padding: 4px 0 4px 10px; text-align: right; border-bottom: 1px solid var(--grid); vertical-align: top; }
td, thead th { white-space: nowrap; }
th:first-child { text-align: left; padding-left: 0; font-weight: 400; }
.jobs thead th:first-child { white-space: normal; }
thead th { font-weight: 600; font-size: 13px; border-bottom-color: var(--line); }
thead th:first-child { color: var(--soft); }
.part th { padding-top: 14px; color: var(--soft); font-size: 13px; }
.bar { display: block; position: relative; height: 4px; margin-top: 3px; min-width: 52px; background: linear-gradient(var(--soft), var(--soft)) 50% 0 / 1px 100% no-repeat, var(--grid); }
.bar i { position: absolute; top: 0; bottom: 0; background: var(--tandem); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 18px 24px; margin-top: 16px; }
figure { margin: 0; padding: 12px 12px 6px; background: var(--card); border: 1px solid var(--line); border-radius: 6px; min-width: 0; }
figcaption { font-weight: 600; font-size: 14px; }
figcaption small { font-size: 12px; font-weight: 400; color: var(--soft); }
svg { display: block; width: 100%; height: auto; margin-top: 6px; }
svg text { font-size: 11px; fill: var(--soft); }
svg .name { font-weight: 600; fill: currentColor; paint-order: stroke; stroke: var(--card); stroke-width: 4px; stroke-linejoin: round; }
.grid { stroke: var(--grid); stroke-width: 1; }
.base { stroke: var(--soft); stroke-width: 1; }
.curve { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.curve.older { stroke-width: 1.5; stroke-dasharray: 1 4; }
.area { fill: currentColor; fill-opacity: 0.2; stroke: currentColor; stroke-width: 1.25; stroke-linejoin: round; }
.mark { stroke: currentColor; stroke-width: 1; stroke-dasharray: 3 3; }
.difference { margin: 10px 0; padding: 10px 14px; background: var(--card); border-left: 4px solid var(--bad); border-radius: 0 6px 6px 0; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px 14px; margin: 8px 0 0; }
dt { font-weight: 600; }
dd { margin: 0; white-space: pre-wrap; }
.difference dd { font: 13px/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, monospace; }
footer h2 { font-size: 15px; color: var(--ink); display: block; margin-bottom: 6px; }
footer p { max-width: 72ch; }
@media (max-width: 480px) {
  main { padding: 20px 14px 36px; }
  h1 { font-size: 22px; }
  table { font-size: 13px; }
  th, td { padding-left: 8px; }
  figure { padding: 10px 4px 4px; }
  figcaption { padding: 0 8px; }
  footer dl { grid-template-columns: minmax(0, 1fr); gap: 0; }
  footer dd { margin-bottom: 8px; } }
".
