/** The one style sheet of the reference pages; system fonts, light and dark, narrow screens too. */
export const pageStyle = `
:root{--paper:#fbfaf8;--panel:#fff;--ink:#1d2328;--soft:#5c6770;--line:#e2ded7;--accent:#0b6e6e;--code:#f2efe9;
--get:#1f6f43;--put:#8a5a00;--post:#1a5fb4;--delete:#a51d2d}
@media (prefers-color-scheme:dark){:root{--paper:#14181b;--panel:#1b2125;--ink:#e6e8e8;--soft:#9aa5ac;--line:#2e363b;
--accent:#5cc8c0;--code:#232a2f;--get:#6fcf97;--put:#e0b050;--post:#7fb4f5;--delete:#f28b95}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;display:grid;grid-template-columns:19rem minmax(0,1fr);background:var(--paper);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1.5rem 1rem 3rem 1.5rem;border-right:1px solid var(--line);
background:var(--panel);font-size:.875rem}
nav .home{font-weight:700;font-size:1.05rem;color:var(--ink);letter-spacing:-.01em}
nav h2{margin:1.5rem 0 .4rem;font-size:.7rem;letter-spacing:.08em;text-transform:uppercase;color:var(--soft)}
nav ul{list-style:none;margin:0;padding:0}
nav li a{display:flex;gap:.5rem;padding:.2rem .4rem;border-radius:.3rem;color:var(--ink)}
nav li a:hover{background:var(--code);text-decoration:none}
nav b{font-size:.65rem;min-width:2.4rem;padding-top:.18rem}
main{padding:2.5rem 3rem 6rem;max-width:62rem}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
a:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
h1{margin:0 0 .5rem;font-size:2rem;letter-spacing:-.02em}h1 small{font-size:1rem;font-weight:400;color:var(--soft)}
header p{max-width:46rem;color:var(--soft)}
section>h2{margin:3.5rem 0 .25rem;font-size:1.4rem}section>p{margin-top:0;color:var(--soft)}
article{margin:1.25rem 0;padding:1.25rem 1.5rem;background:var(--panel);border:1px solid var(--line);border-radius:.6rem}
article:target{border-color:var(--accent)}
article h3{margin:0;font-size:1.05rem;display:flex;gap:.75rem;align-items:baseline;flex-wrap:wrap;overflow-wrap:anywhere}
h3 b,nav b{text-transform:uppercase;font-weight:700;letter-spacing:.03em}h3 b{font-size:.8rem}
.get{color:var(--get)}.put{color:var(--put)}.post{color:var(--post)}.delete{color:var(--delete)}.status{color:var(--delete)}
.summary{margin:.35rem 0;font-weight:600}
.role{margin-left:.5rem;padding:.1rem .5rem;border:1px solid var(--line);border-radius:1rem;font-size:.75rem;font-weight:400;
color:var(--soft);white-space:nowrap}
h4{margin:1.25rem 0 .4rem;font-size:.85rem;color:var(--soft)}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.875em}
pre{margin:0;padding:.9rem 1rem;overflow:auto;background:var(--code);border-radius:.4rem;line-height:1.45}
table{width:100%;border-collapse:collapse;font-size:.9rem}
th,td{padding:.45rem .5rem .45rem 0;border-top:1px solid var(--line);text-align:left;vertical-align:top}
tr:first-child th,tr:first-child td{border-top:0}th{width:13rem;font-weight:500;overflow-wrap:anywhere}th i{color:var(--delete);font-style:normal}
td{overflow-wrap:anywhere}.type{color:var(--soft)}
dl{display:grid;grid-template-columns:3.5rem 1fr;gap:.3rem .5rem;margin:0;font-size:.9rem}dd{margin:0}dt{color:var(--delete)}dt.good{color:var(--get)}
details{margin-top:1rem;font-size:.9rem}summary{cursor:pointer;color:var(--soft)}details dl{margin-top:.5rem}
@media (max-width:56rem){body{display:block}nav{position:static;height:auto;max-height:16rem;border-right:0;border-bottom:1px solid var(--line)}
main{padding:1.5rem 1rem 4rem}th{width:9rem}article{padding:1rem}}
`;
