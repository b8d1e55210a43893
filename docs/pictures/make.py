#!/usr/bin/env python3
"""Makes the pictures of the README from a real run of `routewarden demo`.

    python3 docs/pictures/make.py --bin target/release/routewarden

`demo.svg` shows what the terminal shows, with the middle of the report left out. `report.png` is the HTML report of the
same scan; it needs Chromium and is left as it is where there is none. Python 3.11, nothing else; Linux or macOS.
"""

import argparse
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path

COLUMNS = 104
# Lines of the report from its beginning and from its end.
HEAD, TAIL = 27, 11
CHARACTER, LINE, MARGIN, BAR = 8.4, 19, 18, 34
BACKGROUND, FOREGROUND, FAINT = "#14171c", "#d6dae0", "#8b929c"
COLOURS = {
    30: "#5c6370", 31: "#ff7b72", 32: "#7ee787", 33: "#e3b341", 34: "#79c0ff", 35: "#d2a8ff", 36: "#76d9e6", 37: FOREGROUND,
    90: FAINT, 91: "#ffa198", 92: "#7ee787", 93: "#f2cc60", 94: "#a5d6ff", 95: "#e2c5ff", 96: "#b3f0ff", 97: "#ffffff",
}
CODE = re.compile(r"\x1b\[([0-9;]*)m")
OTHER_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-ln-z]|\x1b\][^\x07]*\x07|\r")


def run_in_terminal(command, environment):
    """Returns what a command writes to a terminal, colours included."""
    master, slave = pty.openpty()
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=subprocess.DEVNULL, env=environment)
    os.close(slave)
    parts = []
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # Linux reports the end of a terminal as an error.
            break
        if not part:
            break
        parts.append(part)
    os.close(master)
    if process.wait(timeout=60) not in (0, 1):
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return OTHER_CODES.sub("", b"".join(parts).decode("utf-8", "replace"))


def style_after(style, code):
    """Returns the style after one SGR code."""
    style = dict(style)
    for number in [int(part or 0) for part in code.split(";")]:
        if number == 0:
            style = {}
        elif number == 1:
            style["font-weight"] = "bold"
        elif number == 2:
            style["fill"] = FAINT
        elif number == 22:
            style.pop("font-weight", None)
        elif number == 39:
            style.pop("fill", None)
        elif number in COLOURS:
            style["fill"] = COLOURS[number]
        elif number - 10 in COLOURS:
            style["background"] = COLOURS[number - 10]
    return style


def spans(line, style):
    """Yields pieces of text with their style; the last one is empty and has the style of the line's end."""
    parts = CODE.split(line)
    for index, part in enumerate(parts):
        if index % 2:
            style = style_after(style, part)
        elif part:
            yield part, style
    yield "", style


def drawn(lines):
    """Returns the SVG elements of the lines."""
    out, style = [], {}
    for row, line in enumerate(lines):
        y, column = BAR + MARGIN + row * LINE, 0
        for text, style in spans(line, style):
            x = MARGIN + column * CHARACTER
            if style.get("background") and text:
                width = len(text) * CHARACTER
                out.append(f'<rect x="{x:.1f}" y="{y - 14}" width="{width:.1f}" height="{LINE}" fill="{style["background"]}"/>')
            text = text[: max(COLUMNS - column, 0)]
            if text.strip():
                # Renderers collapse ordinary spaces.
                text = text.replace(" ", "\u00a0")
                look = "".join(f' {key}="{value}"' for key, value in style.items() if key != "background")
                # Each piece has its length, so that it stays in its columns in any font.
                length = f' textLength="{len(text) * CHARACTER:.1f}" lengthAdjust="spacingAndGlyphs"'
                out.append(f'<text x="{x:.1f}" y="{y}"{length}{look}>{escape(text)}</text>')
            column += len(text)
    return out


def shown(output):
    """Returns the lines of the picture: the beginning and the end of a run."""
    lines = output.rstrip("\n").split("\n")
    beginning = lines[:HEAD]
    while beginning and not beginning[-1].strip():
        beginning.pop()
    left_out = f"\x1b[2m... {len(lines) - len(beginning) - TAIL} more lines ...\x1b[0m"
    return ["\x1b[32m$\x1b[0m \x1b[1mroutewarden demo\x1b[0m", "", *beginning, "", left_out, "", *lines[-TAIL:]]


def picture(lines):
    """Returns the whole SVG."""
    width = round(2 * MARGIN + COLUMNS * CHARACTER)
    height = BAR + MARGIN + len(lines) * LINE
    dots = "".join(f'<circle cx="{20 + 18 * n}" cy="17" r="6" fill="#3a404a"/>' for n in range(3))
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
        "<title>A run of routewarden demo in a terminal</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="{BACKGROUND}"/>{dots}',
        '<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,\'DejaVu Sans Mono\',monospace" font-size="14"'
        f' fill="{FOREGROUND}">',
        *drawn(lines),
        "</g></svg>",
        "",
    ])


def photograph(browser, page, target, profile):
    """Writes a PNG of the top of a page."""
    command = [
        browser, "--headless", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}",
        "--window-size=1100,860", f"--screenshot={target}", page.as_uri(),
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.insert(1, "--no-sandbox")
    subprocess.run(command, check=True, timeout=120, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--bin", default="target/release/routewarden", help="the scanner")
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome"), help="the browser")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent, help="folder of the pictures")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "PATH": os.environ.get("PATH", ""), "HOME": folder, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS),
            "ROUTEWARDEN_DATA": f"{folder}/data",
        }
        output = run_in_terminal([options.bin, "demo", "--no-progress"], environment)
        (options.output / "demo.svg").write_text(picture(shown(output)), encoding="utf-8")
        page = Path(folder) / "report.html"
        subprocess.run([options.bin, "report", "--quiet", "--format", "html", "-o", page], check=True, env=environment)
        if options.chromium:
            photograph(options.chromium, page, (options.output / "report.png").resolve(), f"{folder}/profile")
        else:
            print("report.png was not made: there is no Chromium", file=sys.stderr)


if __name__ == "__main__":
    main()
