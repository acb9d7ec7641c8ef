# SPDX-License-Identifier: Apache-2.0
"""The ratios of a run as an SVG of bars, a group a row; the row's first contestant is 1."""
from html import escape

WIDTH, LEFT, BAR, COLOURS = 900, 190, 16, {"nginx": "#7a9e7e", "haproxy": "#6c8ebf", "nginx-lua": "#b8a04c", "gatehouse": "#c0504d"}


def plot(rows, about):
    longest = max((c["ratios"][r["contestants"][0]["name"]] for r in rows for c in r["contestants"]), default=1)
    scale, y, out = (WIDTH - LEFT - 110) / max(longest, 1), 46, []
    for r in rows:
        base = r["contestants"][0]["name"]
        out.append(f'<text x="10" y="{y + 12}" font-weight="bold">{escape(r["title"])}</text>')
        y += 20
        for c in r["contestants"]:
            ratio = c["ratios"][base]
            out.append(f'<text x="{LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(c["name"])}</text>'
                       f'<rect x="{LEFT}" y="{y}" width="{ratio * scale:.1f}" height="{BAR - 3}" fill="{COLOURS.get(c["name"].split(",")[0], "#888")}"/>'
                       f'<text x="{LEFT + ratio * scale + 6:.1f}" y="{y + 11}">{ratio:.2f} ({c["per_cpu_s"]:,.0f})</text>')
            y += BAR
        y += 12
    title = f'Requests per server CPU-second, against the row\'s first; {about["versions"][0]}; {about["machine"]}'
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 10}" font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>'
            f'<text x="10" y="22" font-size="13">{escape(title)}</text>{"".join(out)}</svg>\n')
