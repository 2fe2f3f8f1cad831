"""How long a browser takes to redraw both panes of a CT volume with label maps.

    python bench/volume_redraw.py [--shape 512 512 200] [--steps 40]

Serves the viewer's own files and a noisy synthetic volume with two label maps on a free port, opens
them in Debian's chromium without a graphics card, and turns slices, changes the window, zooms and
compares by keyboard. A redraw ends when a pixel of both canvases has been read back. Prints the
median and the 95th percentile of each as a share of the promised 30 ms, and the heap in MB. The
clock depends on what else runs, so the load average is printed with it, and the CPU time of the
browser's page and of its compositor for one redraw, which depends on it less.
"""

import argparse
import functools
import http.server
import os
import shutil
import statistics
import tempfile
import threading
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from arena.studies.readers.volumes import nifti_bytes
from arena.voting.presenters.packed import packed

PROMISE_MS = 30
ROOT = Path(__file__).resolve().parents[1]
PAGE = """<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="css/tokens.css">
<link rel="stylesheet" href="css/viewers.css"><script type="module" src="js/viewers.js"></script>
<link rel="stylesheet" href="bench.css"><div class="panes">{views}</div>"""
STYLE = ".panes { display: grid; grid-template-columns: 1fr 1fr; gap: 8px }"
VIEW = """<c-volume class="volume-view" data-side="{side}" data-url="volume" data-modality="CT"
 data-shape="{shape}" data-spacing="0.7 0.7 1.5" data-slope="1" data-intercept="0"
 data-window="-160 240" data-labels-url="labels-{side}"></c-volume>"""
DEEDS = {
    "next slice": ["ArrowUp"],
    "next window": ["t"],
    "zoom": ["+", "-"],
    "swipe, next slice": ["v", *["ArrowDown"] * 8, "v"],
    "difference, next slice": ["d", *["ArrowDown"] * 8, "d"],
    "other plane": ["p"],
}
# A key changes the state at once, but the panes are drawn with the next frame: what counts is the
# work of both, not the wait between them.
TIMED = """async (keys) => {
  const canvases = [...document.querySelectorAll("c-volume canvas")];
  const frame = () => new Promise((done) => requestAnimationFrame(() => done(performance.now())));
  const times = [];
  for (const key of keys) {
    await frame();
    const begun = frame();
    const pressed = performance.now();
    canvases[0].dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    const handled = performance.now() - pressed;
    const ended = new Promise((done) => requestAnimationFrame(() => {
      for (const canvas of canvases) canvas.getContext("2d").getImageData(9, 9, 1, 1);
      done(performance.now());
    }));
    times.push(handled + (await ended) - (await begun));
  }
  return times;
}"""


def files(folder: Path, shape: tuple[int, int, int]) -> None:
    """The page, its volume, and for each side a label map of three shells."""
    rng = np.random.default_rng(0)
    volume = rng.normal(0, 60, shape).astype(np.int16)
    (folder / "volume").write_bytes(nifti_bytes(volume, np.diag([0.7, 0.7, 1.5, 1.0])))
    axes = np.ogrid[tuple(slice(-1, 1, complex(0, side)) for side in reversed(shape))]
    for side, shift in (("left", 0.0), ("right", 0.05)):
        distance = np.sqrt(sum((axis - shift) ** 2 for axis in axes))
        labels = np.digitize(distance, [0.3, 0.5, 0.7]).astype(np.uint8)
        (folder / f"labels-{side}").write_bytes(packed((3 - labels).astype(np.uint8)))
    size = " ".join(str(length) for length in shape)
    views = "".join(VIEW.format(side=side, shape=size) for side in ("left", "right"))
    (folder / "index.html").write_text(PAGE.format(views=views))
    (folder / "bench.css").write_text(STYLE)
    for name in ("js", "css"):
        (folder / name).symlink_to(ROOT / "frontend" / "static" / name)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing: the figures are what is printed."""


def cpu_seconds(browser: Browser) -> dict[str, float]:
    """CPU time so far of the processes that draw a page, by type."""
    found = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    spent = {"renderer": 0.0, "GPU": 0.0}  # the compositor lives in the second, also without a card
    for process in found:
        if process["type"] in spent:
            spent[process["type"]] += process["cpuTime"]
    return spent


def told(page: Page, browser: Browser, name: str, keys: list[str], steps: int) -> None:
    page.evaluate(TIMED, keys)  # once without a clock
    before = cpu_seconds(browser)
    times = [t for _ in range(max(1, steps // len(keys))) for t in page.evaluate(TIMED, keys)]
    spent = {kind: 1000 * (cpu_seconds(browser)[kind] - before[kind]) for kind in before}
    times.sort()
    median, late = statistics.median(times), times[int(0.95 * (len(times) - 1))]
    share = late / PROMISE_MS
    page_ms, compositor_ms = (spent[kind] / len(times) for kind in ("renderer", "GPU"))
    print(
        f"{name:24} median {median:5.1f} ms  95th {late:5.1f} ms  {share:5.0%} of {PROMISE_MS} ms"
        f"  CPU: page {page_ms:4.1f} ms, compositor {compositor_ms:4.1f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", type=int, nargs=3, default=[512, 512, 200])
    parser.add_argument("--steps", type=int, default=40)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        files(Path(folder), tuple(given.shape))
        handler = functools.partial(Quiet, directory=folder)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info"],
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
        page.wait_for_selector("c-volume[data-ready] >> nth=1", timeout=120_000)
        load = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
        print("×".join(map(str, given.shape)), f"int16, both panes, 1440×900, {load}:")
        for name, keys in DEEDS.items():
            told(page, browser, name, keys, given.steps)
        heap = page.evaluate("performance.memory.usedJSHeapSize") / 2**20
        held = 2 * int(np.prod(given.shape)) / 2**20
        print(f"heap {heap:.0f} MB beside {held:.0f} MB of voxels")
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    main()
