# SPDX-License-Identifier: Apache-2.0
"""Looks at a comparison's pages with a headless Chromium that has no network: at the widths of a phone and of a desk, in light and dark.

page.py CHROMIUM FOLDER PAGE...: the last line is `page: N passed, N failed`. Pictures of what was seen are left in the folder.
"""
import base64
import json
import os
import subprocess
import sys
import tempfile

WIDTHS = [(320, True), (360, True), (768, False), (1280, False)]
SCHEMES = ["light", "dark"]

# What is asked of a page; each is a list of complaints. Text is compared with the ground that lies behind it.
LOOKS = """(() => {
  const width = document.documentElement.clientWidth, complaints = [];
  const name = e => e.tagName + '.' + (e.className.baseVal ?? e.className) + ' ' + (e.textContent || '').slice(0, 30);
  for (const d of document.querySelectorAll('details')) d.open = true;
  if (document.documentElement.scrollWidth > width) complaints.push('scrolls sideways: ' + document.documentElement.scrollWidth);
  for (const e of document.querySelectorAll('body *')) {
    const box = e.getBoundingClientRect();
    if (box.width && (box.right > width + 0.5 || box.left < -0.5)) complaints.push('sticks out: ' + name(e) + ' to ' + box.right);
  }
  for (const svg of document.querySelectorAll('svg')) {
    const frame = svg.getBoundingClientRect(), texts = [...svg.querySelectorAll('text')].map(t => [t, t.getBoundingClientRect()]);
    for (const [t, b] of texts)
      if (b.right > frame.right + 1 || b.left < frame.left - 1 || b.bottom > frame.bottom + 1 || b.top < frame.top - 1) complaints.push('outside its picture: ' + name(t));
    for (let i = 0; i < texts.length; i++) for (let j = i + 1; j < texts.length; j++) {
      const [s, a] = texts[i], [t, b] = texts[j];
      const over = Math.min(a.right, b.right) - Math.max(a.left, b.left), under = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (over > 1 && under > 4) complaints.push('over one another: ' + name(s) + ' | ' + name(t));
    }
  }
  const rgb = c => c.match(/[\\d.]+/g).map(Number);
  const light = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    const style = getComputedStyle(e), ink = rgb(e.closest('svg') ? style.fill : style.color);
    const [a, b] = [light(ink), light(ground(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) complaints.push('faint: ' + name(e) + ' ' + ((a + 0.05) / (b + 0.05)).toFixed(2));
    if (!e.closest('svg') && parseFloat(style.fontSize) < 12) complaints.push('small: ' + name(e) + ' ' + style.fontSize);
    if (e.closest('svg') && e.getBoundingClientRect().height < 9) complaints.push('small: ' + name(e) + ' ' + e.getBoundingClientRect().height);
  }
  if (!document.querySelector('svg polyline.curve')) complaints.push('no curve');
  return {complaints: [...new Set(complaints)].slice(0, 12), ground: light(rgb(getComputedStyle(document.body).backgroundColor)), scripts: document.scripts.length,
          height: document.documentElement.scrollHeight};
})()"""


class Browser:
    """Chromium, spoken to over two pipes: JSON texts, each ended by a zero byte."""

    def __init__(self, program, profile):
        to_browser, self.out = os.pipe()
        self.input, from_browser = os.pipe()

        def place():
            os.dup2(to_browser, 33)
            os.dup2(from_browser, 34)
            os.dup2(33, 3)
            os.dup2(34, 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
             "--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe", "--user-data-dir=" + profile],
            close_fds=False, preexec_fn=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.number, self.rest, self.events = 0, b"", []

    def read(self):
        while b"\0" not in self.rest:
            more = os.read(self.input, 1 << 16)
            if not more:
                raise RuntimeError("Chromium has ended")
            self.rest += more
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, session=None, **params):
        self.number += 1
        request = {"id": self.number, "method": method, "params": params}
        if session:
            request["sessionId"] = session
        os.write(self.out, json.dumps(request).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def wait(self, method):
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.read())

    def stop(self):
        self.process.kill()
        self.process.wait()


def foreign(url, page):
    return not (url == page or url.startswith("data:") or url == "about:blank")


def look(browser, page, width, mobile, scheme, picture):
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for domain in ["Page", "Network", "Log", "Runtime"]:
        browser.call(domain + ".enable", session)
    browser.call("Emulation.setDeviceMetricsOverride", session, width=width, height=800, deviceScaleFactor=1, mobile=mobile)
    browser.call("Emulation.setEmulatedMedia", session, features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.events.clear()
    browser.call("Page.navigate", session, url=page)
    browser.wait("Page.loadEventFired")
    seen = browser.call("Runtime.evaluate", session, expression=LOOKS, returnByValue=True)
    seen = seen["result"].get("value") or {"complaints": ["could not be asked: " + json.dumps(seen)[:500]], "ground": 0, "scripts": 0, "height": 800}
    complaints = seen["complaints"]
    if (seen["ground"] > 0.5) != (scheme == "light"):
        complaints.append(f"not {scheme}")
    if seen["scripts"]:
        complaints.append("has scripts")
    for event in browser.events:
        params = event.get("params", {})
        if event.get("method") in ["Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"]:
            complaints.append("console: " + json.dumps(params)[:300])
        if event.get("method") == "Network.requestWillBeSent" and foreign(params["request"]["url"], page):
            complaints.append("asks for " + params["request"]["url"])
    shot = browser.call("Page.captureScreenshot", session, captureBeyondViewport=True,
                        clip={"x": 0, "y": 0, "width": width, "height": min(seen["height"], 6000), "scale": 1})
    with open(picture, "wb") as file:
        file.write(base64.b64decode(shot["data"]))
    browser.call("Target.closeTarget", targetId=target)
    return complaints


def main():
    program, folder, pages = sys.argv[1], sys.argv[2], sys.argv[3:]
    passed = failed = 0
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(program, profile)
        try:
            for page in pages:
                name = os.path.splitext(os.path.basename(page))[0]
                for width, mobile in WIDTHS:
                    for scheme in SCHEMES:
                        picture = os.path.join(folder, f"{name}-{width}-{scheme}.png")
                        complaints = look(browser, "file://" + os.path.abspath(page), width, mobile, scheme, picture)
                        if complaints:
                            failed += 1
                            print(f"{name}, {width} wide, {scheme}:", *complaints, sep="\n  ")
                        else:
                            passed += 1
        finally:
            browser.stop()
    print(f"page: {passed} passed, {failed} failed")


main()
