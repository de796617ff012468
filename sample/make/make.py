"""Makes the pictures, papers and the film of the sample course. See README.md."""

import base64
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

import pictures

HERE = os.path.dirname(os.path.abspath(__file__))
STATIC = os.path.join(HERE, "..", "course", "static")
FONTS = os.path.join(HERE, "..", "..", "static", "dist", "fonts")
CHROMIUM = os.environ.get("CHROMIUM", "chromium")


def chromium(work, *args, **kw):
    return subprocess.run(
        [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--allow-file-access-from-files",
         f"--user-data-dir={work}/profile", *args], check=True, stderr=subprocess.DEVNULL, **kw)


def font_faces():
    faces = []
    for family, pattern, style in (
        ("Inter Variable", "inter-{}-wght-normal-*.woff2", "normal"), ("Literata Variable", "literata-{}-wght-normal-*.woff2", "normal"),
        ("Literata Variable", "literata-{}-wght-italic-*.woff2", "italic"),
    ):
        for subset, characters in (("latin", "U+0000-00FF,U+2000-206F,U+20AC,U+2212"), ("greek", "U+0370-03FF"), ("greek-ext", "U+1F00-1FFF")):
            for file in glob.glob(os.path.join(FONTS, pattern.format(subset)))[:1]:
                faces.append(f'@font-face{{font-family:"{family}";font-style:{style};font-weight:200 900;src:url("file://{os.path.abspath(file)}");unicode-range:{characters}}}')
    return "".join(faces)


def page(body, style=""):
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><style>{font_faces()}html,body{{margin:0}}svg{{display:block}}{style}</style>{body}</html>'


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def shot(work, body, w, h, factor):
    source, target = f"{work}/shot.html", f"{work}/shot.png"
    write(source, page(body))
    chromium(work, f"--window-size={w},{h+200}", f"--force-device-scale-factor={factor}", "--virtual-time-budget=3000", f"--screenshot={target}", f"file://{source}")
    return target


def crop(source, size, then, target, *args):
    """Cuts the picture out of a screenshot, whose window is taller."""
    subprocess.run(["ffmpeg", "-y", "-loglevel", "error", "-i", source, "-vf", f"crop={size}:0:0,{then}", *args, "-frames:v", "1", "-update", "1", "-bitexact", target], check=True)


def make_pictures(work):
    write(f"{STATIC}/colonnade.svg", pictures.svg(960, 360, pictures.colonnade(960, 360, pictures.DAY),
          "A row of columns with long shadows on a path; two figures walk along it"))
    write(f"{STATIC}/Περίπατος.svg", pictures.plan())
    png = shot(work, pictures.grade_steps(), 960, 330, 2)
    crop(png, "1920:660", "split[a][b];[a]palettegen=max_colors=96[p];[b][p]paletteuse=dither=none", f"{STATIC}/grade-steps.png")
    for name, w, h, colors, extra in (
        ("images_course_image.jpg", 1134, 675, pictures.DAY, {}), ("evening.jpg", 960, 360, pictures.DUSK, {"figures": False, "lamp": True}),
    ):
        body = f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}">{pictures.colonnade(w, h, colors, **extra)}</svg>'
        factor = 1 if w > 1000 else 1.5
        png = shot(work, body, w, h, factor)
        crop(png, f"{int(w*factor)}:{int(h*factor)}", "format=yuvj444p", f"{STATIC}/{name}", "-q:v", "3")


def make_papers(work):
    with open(f"{HERE}/paper.css", encoding="utf-8") as f:
        style = f.read()
    for name in ("lyceum-on-one-page", "reader-colonnade"):
        with open(f"{HERE}/{name}.html", encoding="utf-8") as f:
            body = f.read()
        body = body.replace("<!--colonnade-->", f'<svg viewBox="0 0 960 360">{pictures.colonnade(960, 360, pictures.DAY)}</svg>')
        write(f"{work}/{name}.html", page(body, style).replace("<style>", f"<title>{re.search('<h1>(.*?)</h1>', body, re.S).group(1)}</title><style>", 1))
        chromium(work, "--no-pdf-header-footer", "--virtual-time-budget=3000", f"--print-to-pdf={STATIC}/{name}.pdf", f"file://{work}/{name}.html")


def make_film(work):
    with open(f"{HERE}/film.js", encoding="utf-8") as f:
        script = f.read()
    fps, seconds, chunk = 24, 34, 102
    total = fps * seconds
    frames = f"{work}/frames"
    os.makedirs(frames)
    for begin in range(0, total, chunk):
        body = f'''<canvas width="1280" height="720"></canvas><div id="out"></div><script>{script}
        Promise.all(["600 40px 'Inter Variable'", "600 40px 'Literata Variable'", "italic 500 40px 'Literata Variable'"].map(f => document.fonts.load(f, "Aα"))).then(() => {{
          const canvas = document.querySelector("canvas"), c = canvas.getContext("2d"), out = [];
          for (let n = {begin}; n < {min(begin + chunk, total)}; n++) {{ film(c, n / {fps}); out.push("<i>" + canvas.toDataURL("image/png") + "</i>"); }}
          document.getElementById("out").innerHTML = out.join("");
        }});</script>'''
        write(f"{work}/film.html", page(body))
        dom = chromium(work, "--virtual-time-budget=60000", "--timeout=120000", "--dump-dom", f"file://{work}/film.html", stdout=subprocess.PIPE).stdout.decode()
        found = re.findall(r"<i>data:image/png;base64,([^<]+)</i>", dom)
        if len(found) != min(chunk, total - begin):
            sys.exit(f"film: {len(found)} frames from {begin}, want {min(chunk, total - begin)}")
        for i, data in enumerate(found):
            with open(f"{frames}/{begin+i:05d}.png", "wb") as f:
                f.write(base64.b64decode(data))
        print(f"film: {begin + len(found)} of {total} frames", flush=True)
    source = ["ffmpeg", "-y", "-loglevel", "error", "-framerate", str(fps), "-i", f"{frames}/%05d.png"]
    name = f"{STATIC}/how-a-grade-comes-together"
    subprocess.run([*source, "-c:v", "libx264", "-preset", "slow", "-crf", "23", "-pix_fmt", "yuv420p", "-g", "96", "-movflags", "+faststart", f"{name}.mp4"], check=True)
    subprocess.run([*source, "-c:v", "libvpx-vp9", "-crf", "36", "-b:v", "0", "-pix_fmt", "yuv420p", "-g", "96", "-row-mt", "1", "-cpu-used", "3", f"{name}.webm"], check=True)


def main():
    parts = {"pictures": make_pictures, "papers": make_papers, "film": make_film}
    wanted = sys.argv[1:] or list(parts)
    os.makedirs(STATIC, exist_ok=True)
    for name in wanted:
        work = tempfile.mkdtemp(prefix="sample-")
        try:
            parts[name](work)
        finally:
            shutil.rmtree(work, ignore_errors=True)


main()
