"""Draws the pictures of the sample course: two SVG files, and the sources of those that become PNG and JPEG."""

import math
import random

PAPER, INK, AEGEAN, TERRACOTTA = "#fbfaf6", "#22201c", "#1f558c", "#b24e25"

DAY = dict(
    sky=("#dfe8ef", "#fbf3e6", "#f7d9c0"), sun="#e08a56", far="#a9bfd3", near="#8ca58f", ground="#e9dec8", path="#f4ecdc",
    shadow="#5b4a3a", column="#fffdf8", fluting="#d9cfbd", edge="#b9ac96", band="#f7f1e4", frieze=AEGEAN, roof=TERRACOTTA,
    step="#e4dac6", trunk="#6b5a48", leaf=("#7d9a7a", "#6b8a6d", "#8fa98a"), cloak=(AEGEAN, TERRACOTTA), skin="#8a5a3c")
DUSK = dict(
    sky=("#16253a", "#3b4a66", "#c9855c"), sun=None, far="#2a3d58", near="#25394a", ground="#3a3a42", path="#4a4850",
    shadow="#101722", column="#c9c0b4", fluting="#8f8a88", edge="#6d6a70", band="#a49c96", frieze="#27476d", roof="#7a3a22",
    step="#6f6a6c", trunk="#1d2129", leaf=("#24363a", "#1f2f34", "#2b3f41"), cloak=(), skin="#8a5a3c")


def points(*pairs):
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in pairs)


def polygon(fill, *pairs, extra=""):
    return f'<polygon points="{points(*pairs)}" fill="{fill}"{extra}/>'


def hill(w, base, height, phase, fill):
    top = []
    for i in range(49):
        x = w * i / 48
        top.append((x, base - height * (0.55 + 0.3 * math.sin(phase + 5.1 * i / 48) + 0.15 * math.sin(2 * phase + 13 * i / 48))))
    return polygon(fill, *top, (w, base + 2), (0, base + 2))


def tree(x, y, s, c, rng):
    out = [f'<path d="M{x-6*s:.1f} {y:.1f}C{x-2*s:.1f} {y-30*s:.1f} {x-10*s:.1f} {y-44*s:.1f} {x-2*s:.1f} {y-70*s:.1f}L{x+5*s:.1f} {y-68*s:.1f}'
           f'C{x+2*s:.1f} {y-44*s:.1f} {x+8*s:.1f} {y-26*s:.1f} {x+8*s:.1f} {y:.1f}Z" fill="{c["trunk"]}"/>']
    for dx, dy, r in ((-26, -78, 24), (22, -84, 26), (-4, -104, 28), (4, -74, 22), (34, -66, 15), (-40, -64, 14)):
        out.append(f'<ellipse cx="{x+dx*s:.1f}" cy="{y+dy*s:.1f}" rx="{r*s:.1f}" ry="{r*0.82*s:.1f}" fill="{rng.choice(c["leaf"])}"/>')
    return "".join(out)


def walker(x, y, s, cloak, skin, lean):
    """A walking figure in a cloak; y is where the feet are."""
    return (f'<g transform="translate({x:.1f} {y:.1f}) scale({s:.3f})">'
            f'<path d="M-7 0L-3 -30M9 0L4 -30" stroke="{skin}" stroke-width="5" stroke-linecap="round"/>'
            f'<path d="M-13 -12C-16 -40 -14 -74 {-4+lean} -84C{8+lean} -86 {14+lean} -74 13 -56L15 -12C4 -7 -4 -7 -13 -12Z" fill="{cloak}"/>'
            f'<path d="M{8+lean} -74C18 -62 22 -52 {26+lean} -58" stroke="{skin}" stroke-width="5" fill="none" stroke-linecap="round"/>'
            f'<path d="M-10 -60C-2 -46 4 -34 4 -10" stroke="#ffffff" stroke-opacity=".35" stroke-width="3" fill="none"/>'
            f'<circle cx="{2+lean}" cy="-95" r="11" fill="{skin}"/></g>')


def colonnade(w, h, c, figures=True, lamp=False, seed=7):
    """A row of columns that runs to a vanishing point on the right, on a path, under a low sun."""
    rng = random.Random(seed)
    vx, vy = 0.70 * w, 0.615 * h
    x0, base0, top0 = 0.055 * w, 0.93 * h, 0.17 * h
    out = [f'<defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{c["sky"][0]}"/>'
           f'<stop offset=".6" stop-color="{c["sky"][1]}"/><stop offset="1" stop-color="{c["sky"][2]}"/></linearGradient>'
           f'<radialGradient id="glow"><stop offset="0" stop-color="{c["sun"] or "#ffcf87"}" stop-opacity=".75"/>'
           f'<stop offset="1" stop-color="{c["sun"] or "#ffcf87"}" stop-opacity="0"/></radialGradient></defs>',
           f'<rect width="{w}" height="{vy+2:.1f}" fill="url(#sky)"/>']
    sx, sy = 0.845 * w, vy - 0.07 * h
    if c["sun"]:
        out.append(f'<circle cx="{sx:.1f}" cy="{sy:.1f}" r="{0.34*h:.1f}" fill="url(#glow)"/><circle cx="{sx:.1f}" cy="{sy:.1f}" r="{0.085*h:.1f}" fill="{c["sun"]}"/>')
    else:
        for _ in range(60):
            x, y = rng.uniform(0, w), rng.uniform(0, 0.38 * h)
            out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{rng.uniform(.5, 1.5):.2f}" fill="#fff" fill-opacity="{rng.uniform(.3, .9):.2f}"/>')
    out.append(hill(w, vy, 0.20 * h, 1.3, c["far"]))
    out.append(hill(w, vy, 0.10 * h, 3.9, c["near"]))
    out.append(f'<rect y="{vy:.1f}" width="{w}" height="{h-vy:.1f}" fill="{c["ground"]}"/>')
    out.append(polygon(c["path"], (0.12 * w, h), (0.86 * w, h), (vx + 0.012 * w, vy), (vx, vy)))

    def toward(x, y, s):
        return vx + (x - vx) * s, vy + (y - vy) * s

    scales = [1 / (1 + 0.42 * i) for i in range(14)]
    if c["sun"]:  # shadows fall away from the sun's foot on the horizon
        for s in scales:
            bx, by = toward(x0, base0, s)
            half = 0.020 * w * s
            k = 0.62
            far = (bx + (bx - sx) * -0.05 + 0.34 * w * s * k, by + (by - vy) * k)
            out.append(polygon(c["shadow"], (bx - half, by), (bx + half, by), (far[0] + half * 1.3, far[1]), (far[0] - half * 1.3, far[1]), extra=' fill-opacity=".13"'))
    # the step the columns stand on, the wall behind them, then the columns from far to near
    step = 0.035 * h
    l0 = x0 - 0.075 * w
    out.append(polygon(c["step"], (l0, base0), toward(x0 + 0.03 * w, base0, 1), (vx, vy), toward(l0, base0, .04)))
    out.append(polygon(c["edge"], (l0, base0), (x0 + 0.03 * w, base0), (x0 + 0.03 * w, base0 + step), (l0, base0 + step), extra=' fill-opacity=".55"'))
    out.append(polygon(c["edge"], (x0 + 0.03 * w, base0), (vx, vy), (x0 + 0.03 * w, base0 + step), extra=' fill-opacity=".35"'))
    for s in reversed(scales):
        bx, by = toward(x0, base0, s)
        _, ty = toward(x0, top0, s)
        half = 0.0165 * w * s
        cap = 0.024 * h * s
        out.append(f'<path d="M{bx-half:.1f} {by:.1f}C{bx-half:.1f} {by-(by-ty)*.6:.1f} {bx-half*.86:.1f} {ty+cap:.1f} {bx-half*.82:.1f} {ty:.1f}'
                   f'L{bx+half*.82:.1f} {ty:.1f}C{bx+half*.86:.1f} {ty+cap:.1f} {bx+half:.1f} {by-(by-ty)*.6:.1f} {bx+half:.1f} {by:.1f}Z" fill="{c["column"]}"/>')
        for f in (-.55, -.18, .2, .58):
            out.append(f'<path d="M{bx+half*f:.1f} {by-cap:.1f}L{bx+half*f*.82:.1f} {ty+cap*1.4:.1f}" stroke="{c["fluting"]}" stroke-width="{max(.5, 2.2*s):.2f}"/>')
        out.append(polygon(c["shadow"], (bx - half, by), (bx - half * .35, by), (bx - half * .3, ty), (bx - half * .82, ty), extra=' fill-opacity=".10"'))
        out.append(f'<rect x="{bx-half*1.25:.1f}" y="{ty-cap*.2:.1f}" width="{half*2.5:.1f}" height="{cap:.1f}" rx="{cap*.3:.1f}" fill="{c["column"]}" stroke="{c["edge"]}" stroke-width="{.8*s:.2f}"/>')
        out.append(f'<rect x="{bx-half*1.3:.1f}" y="{by-cap:.1f}" width="{half*2.6:.1f}" height="{cap:.1f}" rx="{cap*.3:.1f}" fill="{c["column"]}" stroke="{c["edge"]}" stroke-width="{.8*s:.2f}"/>')
    # entablature: three bands that run to the vanishing point
    lx = -0.02 * w

    def band(y_low, y_high, fill):
        def at(y):  # extend the line through (x0, y) and the vanishing point to the left edge
            return vy + (y - vy) * (vx - lx) / (vx - x0)
        out.append(polygon(fill, (lx, at(y_low)), (vx, vy), (lx, at(y_high))))
    band(top0, top0 - 0.055 * h, c["band"])
    band(top0 - 0.055 * h, top0 - 0.105 * h, c["frieze"])
    band(top0 - 0.105 * h, top0 - 0.165 * h, c["roof"])
    for x, y, s in ((0.955 * w, 0.80 * h, .9), (0.885 * w, 0.70 * h, .5), (0.80 * w, 0.655 * h, .28)):
        out.append(tree(x, y, s * h / 360, c, rng))
    if figures:
        a, b = c["cloak"]
        s = h / 360
        for x, y, k, cloak, lean in ((0.445 * w, 0.885 * h, .92, a, 2), (0.505 * w, 0.868 * h, .86, b, 4)):
            out.append(polygon(c["shadow"], (x - 9 * s, y), (x + 9 * s, y), (x - 40 * s, y + 34 * s), (x - 62 * s, y + 32 * s), extra=' fill-opacity=".16"'))
            out.append(walker(x, y, k * s, cloak, c["skin"], lean))
    if lamp:
        lx1, ly1 = toward(x0 + 0.0, top0 + 0.17 * h, .60)
        lx1 += 0.03 * w
        out.append(f'<circle cx="{lx1:.1f}" cy="{ly1:.1f}" r="{0.36*h:.1f}" fill="url(#glow)"/>'
                   f'<path d="M{lx1:.1f} {ly1-0.12*h:.1f}V{ly1-0.012*h:.1f}" stroke="#1a1a1a" stroke-width="1.5"/>'
                   f'<path d="M{lx1-9*h/360:.1f} {ly1:.1f}Q{lx1:.1f} {ly1+12*h/360:.1f} {lx1+9*h/360:.1f} {ly1:.1f}Z" fill="#7a3a22"/>'
                   f'<path d="M{lx1:.1f} {ly1-13*h/360:.1f}Q{lx1+6*h/360:.1f} {ly1-4*h/360:.1f} {lx1:.1f} {ly1:.1f}Q{lx1-6*h/360:.1f} {ly1-4*h/360:.1f} {lx1:.1f} {ly1-13*h/360:.1f}Z" fill="#ffe2a8"/>')
    return "".join(out)


def svg(w, h, body, title):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img"><title>{title}</title>'
            f'<clipPath id="frame"><rect width="{w}" height="{h}" rx="14"/></clipPath><g clip-path="url(#frame)">{body}</g></svg>\n')


def plan():
    """The garden from above: a wall, a covered path with twelve columns, a round grove."""
    rng = random.Random(335)
    w, h = 720, 440
    out = [f'<rect width="{w}" height="{h}" fill="{PAPER}"/>',
           f'<rect x="40" y="40" width="640" height="360" rx="6" fill="#eef1e6" stroke="{INK}" stroke-width="5"/>',
           f'<path d="M340 402H400" stroke="{PAPER}" stroke-width="9"/>',
           '<path d="M370 400C370 350 300 330 250 300S150 220 150 150" fill="none" stroke="#f4ecdc" stroke-width="22" stroke-linecap="round"/>',
           '<path d="M370 400C372 340 400 300 430 262" fill="none" stroke="#f4ecdc" stroke-width="22" stroke-linecap="round"/>',
           '<rect x="64" y="64" width="592" height="74" fill="#f4ecdc" stroke="#b9ac96" stroke-width="2"/>',
           f'<rect x="64" y="64" width="592" height="14" fill="{TERRACOTTA}"/>']
    for i in range(12):
        out.append(f'<circle cx="{88+i*49.5:.1f}" cy="124" r="8.5" fill="{PAPER}" stroke="{INK}" stroke-width="2.5"/>')
    for ring, n in ((34, 6), (72, 12), (108, 18)):
        for i in range(n):
            a = 2 * math.pi * i / n + ring
            x, y = 470 + ring * math.cos(a) + rng.uniform(-4, 4), 272 + ring * .92 * math.sin(a) + rng.uniform(-4, 4)
            out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{rng.uniform(11, 16):.1f}" fill="{rng.choice(DAY["leaf"])}" stroke="#55705a" stroke-width="1.5"/>')
    out.append(f'<circle cx="470" cy="272" r="9" fill="{AEGEAN}"/>')
    out.append(f'<path d="M98 101H622" stroke="{AEGEAN}" stroke-width="3" stroke-dasharray="2 9" stroke-linecap="round"/>'
               f'<path d="M614 94L626 101L614 108" fill="none" stroke="{AEGEAN}" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/>')
    out.append(f'<g transform="translate(92 350)" stroke="{INK}" stroke-width="2" fill="none"><circle r="26"/><path d="M0 14V-18M-6 -9L0 -20L6 -9" stroke-linejoin="round"/></g>')
    out.append('<g stroke="#857f72" stroke-width="2"><path d="M150 372H270M150 366V378M210 368V376M270 366V378" fill="none"/></g>')
    return svg(w, h, "".join(out), "Plan of a walled garden with a covered path of twelve columns and a round grove")


def grade_steps():
    """Four steps from answers to a grade; words are large enough for a phone."""
    w, h = 960, 330
    out = [f'<rect width="{w}" height="{h}" rx="14" fill="{PAPER}"/>']
    names = ("Points", "Subsection", "Type", "Course")
    for i, name in enumerate(names):
        x = 24 + i * 234
        out.append(f'<rect x="{x}" y="24" width="210" height="282" rx="16" fill="#fff" stroke="#e5e0d5" stroke-width="2"/>'
                   f'<text x="{x+105}" y="72" text-anchor="middle" font-size="34" font-weight="650" fill="{INK}">{name}</text>')
        if i:
            out.append(f'<path d="M{x-20} 165H{x-6}M{x-12} 157L{x-4} 165L{x-12} 173" stroke="{TERRACOTTA}" stroke-width="4" fill="none" stroke-linecap="round" stroke-linejoin="round"/>')
    for row in range(3):
        for col in range(4):
            n = row * 4 + col
            x, y = 24 + 48 + col * 38, 122 + row * 38
            fill = AEGEAN if n < 9 else "#fff"
            out.append(f'<circle cx="{x}" cy="{y}" r="13" fill="{fill}" stroke="{AEGEAN}" stroke-width="3"/>')
    big = 'text-anchor="middle" font-size="40" font-weight="700" style="font-variant-numeric:tabular-nums"'
    out.append(f'<text x="129" y="278" {big} fill="{AEGEAN}">9 of 12</text>')
    x = 258
    out.append(f'<rect x="{x+30}" y="130" width="150" height="30" rx="15" fill="#e6eef7"/><rect x="{x+30}" y="130" width="112" height="30" rx="15" fill="{AEGEAN}"/>'
               f'<text x="{x+105}" y="278" {big} fill="{AEGEAN}">75 %</text>')
    x = 492
    for dx, top, fill, extra in ((42, 168, "#f3d3c3", ' stroke="#b24e25" stroke-width="2" stroke-dasharray="6 5"'), (112, 118, TERRACOTTA, "")):
        out.append(f'<rect x="{x+dx}" y="{top}" width="56" height="{228-top}" rx="6" fill="{fill}"{extra}/>')
    out.append(f'<path d="M{x+38} 232L{x+102} 160" stroke="{INK}" stroke-width="4" stroke-linecap="round"/>'
               f'<text x="{x+105}" y="278" {big} fill="{TERRACOTTA}">best 1</text>')
    x = 726
    out.append(f'<rect x="{x+70}" y="104" width="70" height="124" rx="8" fill="#eee9de"/>'
               f'<path d="M{x+70} 178h70v42a8 8 0 0 1 -8 8h-54a8 8 0 0 1 -8 -8z" fill="{TERRACOTTA}"/><rect x="{x+70}" y="124" width="70" height="54" fill="{AEGEAN}"/>'
               f'<path d="M{x+50} 135H{x+160}" stroke="{INK}" stroke-width="3" stroke-dasharray="7 6"/>'
               f'<text x="{x+105}" y="278" {big} fill="{INK}">84 %, B</text>')
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" font-family="Inter Variable, sans-serif">{"".join(out)}</svg>'
