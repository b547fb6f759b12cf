// SPDX-License-Identifier: Apache-2.0
// How the server's own pages look: by day and by night, on wide screens and on phones, without a
// script and without anything that is loaded from elsewhere.
#include <clientcert/html.hh>

namespace clientcert {

std::string_view style_sheet()
{
    return R"(
:root {
  color-scheme: light dark;
  --ink: #1c2329; --pale: #545f69; --paper: #ffffff; --shade: #f3f5f7; --line: #cbd3da;
  --accent: #0b5394; --good: #1a6b32; --warning: #855000; --bad: #a8182c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e4e9ee; --pale: #a3aeb8; --paper: #12171c; --shade: #1b2229; --line: #38434d;
    --accent: #85bdf2; --good: #6ccf87; --warning: #e6b450; --bad: #ff8a8a;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  overflow-wrap: anywhere;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
main { max-width: 78rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.2rem; line-height: 1.3; margin: 2.5rem 0 .75rem; }
p { max-width: 48rem; margin: .5rem 0; }
a { color: var(--accent); }
code, pre, textarea { font-family: ui-monospace, "Liberation Mono", monospace; font-size: .9em; }
pre { overflow-wrap: anywhere; white-space: pre-wrap; background: var(--shade); padding: .75rem; }
small { display: block; color: var(--pale); font-size: .875rem; line-height: 1.4; }
dl { margin: .5rem 0; }
dl > div { display: grid; grid-template-columns: minmax(9rem, 16rem) 1fr; gap: .25rem 1rem;
  padding: .3rem 0; border-bottom: 1px solid var(--line); }
dt { color: var(--pale); }
dd { margin: 0; }
ul.attention { padding-left: 1.2rem; }
footer { margin-top: 3rem; color: var(--pale); }
table { border-collapse: collapse; min-width: min(100%, 42rem); margin: .5rem 0 1.5rem; }
caption { text-align: left; color: var(--pale); padding: .25rem 0; }
th, td { padding: .45rem 1.25rem .45rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); font-weight: 400; }
thead th { color: var(--pale); font-size: .875rem; overflow-wrap: normal; vertical-align: bottom; }
tbody th { font-weight: 600; min-width: 9rem; }
tbody td.text { min-width: 7rem; }
th small { font-weight: 400; }
.number { text-align: right; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
td p { margin: 0; }
time, td.number { white-space: nowrap; }
strong.good { color: var(--good); }
strong.warning { color: var(--warning); }
strong.bad { color: var(--bad); }
svg.life { display: block; width: 100%; min-width: 6rem; height: .6rem; margin: .35rem 0; }
svg.life .whole { fill: var(--line); }
svg.life .good { fill: var(--good); }
svg.life .warning { fill: var(--warning); }
svg.life .bad { fill: var(--bad); }
label { display: block; margin: .75rem 0 .25rem; }
input, select, textarea, button { font: inherit; color: inherit; background: var(--shade);
  border: 1px solid var(--pale); border-radius: .25rem; padding: .4rem .6rem; max-width: 100%; }
textarea { width: 100%; min-height: 9rem; }
button { cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
@media (max-width: 44rem) {
  main { padding: 1rem .9rem 3rem; }
  dl > div { grid-template-columns: 1fr; gap: 0; }
  table, caption, tbody, tr, th, td { display: block; width: 100%; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody tr { background: var(--shade); border: 1px solid var(--line); border-radius: .4rem;
    padding: .5rem .75rem; margin: .75rem 0; }
  tbody th, tbody td, tbody td.text { border: 0; padding: .2rem 0; min-width: 0; }
  .number { text-align: left; }
  tbody td { display: grid; grid-template-columns: minmax(6.5rem, 35%) 1fr; gap: .75rem; }
  tbody td::before { content: attr(data-name); color: var(--pale); font-size: .875rem;
    white-space: normal; }
}
)";
}

}  // namespace clientcert
