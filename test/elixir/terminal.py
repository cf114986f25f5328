# SPDX-License-Identifier: Apache-2.0
"""Types into iex through a pseudo-terminal, as a user would, and reads what the screen shows.

Usage: terminal.py FOLDER-OF-TANDEM'S-BEAMS [--show]. Prints a line for each check and last `terminal: N passed, N failed`;
with --show the whole session instead."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

PROMPT = re.compile(r"iex\([^)]*\)\d*> *$")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|[\x00-\x08\x0b\x0c\x0e-\x1a]")


class Session:
    def __init__(self, beams):
        self.screen = ""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm", ELIXIR_ERL_OPTIONS="+fnu", LC_ALL="C.UTF-8", HOME=os.environ.get("HOME", "/"))
            os.execvp("iex", ["iex", "--dot-iex", "/dev/null", "-pa", beams])
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.wait(20)

    def read(self, seconds):
        """What arrives until nothing more does for that long."""
        text = ""
        while select.select([self.terminal], [], [], seconds)[0]:
            try:
                chunk = os.read(self.terminal, 65536)
            except OSError:
                break
            if not chunk:
                break
            text += chunk.decode("utf-8", "replace")
        return text

    def wait(self, seconds):
        """Reads until the prompt stands at the end of the screen; gives what appeared."""
        start, text = time.monotonic(), ""
        while time.monotonic() - start < seconds:
            text += self.read(0.1)
            if PROMPT.search(ESCAPES.sub("", text).replace("\r", "")):
                text += self.read(0.25)
                break
        return self.shown(text)

    def settle(self):
        """Reads until nothing has appeared for a second."""
        return self.shown(self.read(1))

    def shown(self, text):
        text = ESCAPES.sub("", text).replace("\r", "")
        self.screen += text
        return text

    def type(self, line, seconds=15):
        os.write(self.terminal, (line + "\n").encode())
        return self.wait(seconds)

    def key(self, key, seconds=2):
        """One key, without Enter; gives the pictures that are drawn in the time after it."""
        os.write(self.terminal, key.encode())
        start, text = time.monotonic(), ""
        while time.monotonic() - start < seconds:
            text += self.read(0.2)
        return self.shown(text)

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


PING = (
    "pid = Node.spawn_link(node, fn -> receive do {from, :ping} -> "
    'IO.puts("Got ping"); send(from, :pong) end end)'
)

# What is typed, and what the answer must match. The reports of linked raises are compared with those of the BEAM itself below.
STEPS = [
    ("{:ok, engine, node} = :tandem.start(%{})", r"\{:ok, #PID<[\d.]+>, :tandem1@"),
    (PING, r"#PID<[1-9]\d*\.\d+\.\d+>"),
    ("send(pid, {self(), :ping})", r"\{#PID<0\.\d+\.0>, :ping\}"),
    ("Process.sleep(100)", r"(Got ping\n)?:ok"),
    ("flush()", r":pong\n:ok"),
    ("Node.spawn(node, fn -> 1 + 2 end)", r"#PID<[1-9]\d*\.\d+\.\d+>"),
    ("parent = self()", r"#PID<0\.\d+\.0>"),
    ("Node.spawn(node, fn -> send(parent, {:hello, self()}) end)", r"#PID<"),
    ('receive do {:hello, pid} -> "Got hello from #{inspect(pid)}" end', r'"Got hello from #PID<[1-9]'),
    ("pid = Node.spawn_link(node, fn -> Enum.map(1..3, &(&1 * 2)) |> IO.inspect() end)", r"(?s)#PID<.*"),
    ("Process.sleep(200)", r":ok"),
    ('receive do {:hello, msg} -> msg after 1_000 -> "nothing after 1s" end', r'"nothing after 1s"'),
    ("use Tandem", r"Tandem|Kernel|:ok|nil"),
    ("pid = spawn(fn -> receive do {s, x} -> send(s, {:squared, x * x}) end end)", r"#PID<[1-9]"),
    ("send(pid, {self(), 12})", r", 12\}"),
    ("receive do {:squared, y} -> y end", r"144"),
]

LINKED_RAISE = 'spawn_link(fn -> raise "oops" end)'
NODE_LINKED_RAISE = 'Node.spawn_link(node, fn -> raise "oops" end)'


def report(text):
    """The report of a dead evaluator, without what may differ between two runs: pids, times, counters and where the fun was."""
    text = re.sub(r"#PID<[\d.]+>", "#PID<>", text)
    text = re.sub(r"\d\d:\d\d:\d\d\.\d+", "TIME", text)
    text = re.sub(r"iex\([^)]*\)\d*> *", "\n", text)
    text = re.sub(r"on node \S+", "on node NODE", text)
    lines = [line.strip() for line in text.split("\n")[1:]]
    return sorted(line for line in lines if line and line != "#PID<>" and not line.startswith("Interactive Elixir"))


def top(beams, check):
    """The live view, in a shell of its own."""
    session = Session(beams)
    session.type("Tandem.start_link()")
    os.write(session.terminal, b"Tandem.top(Tandem.node(), interval: 300)\n")
    seen = session.key("")
    check("top shows schedulers and processes", all(part in seen for part in ("scheduler  1 [", "tandem_sampler", "*reductions/s")), seen)
    check("top fits 80 columns", max(len(line) for line in seen.split("\n")[2:]) < 80, seen)
    check("the key m sorts by memory", "*memory" in session.key("m"), session.screen[-2000:])
    check("the key x sorts by mailbox", "*mailbox" in session.key("x"), session.screen[-2000:])
    seen = session.key("q")
    check("the key q ends it", re.search(r":ok\niex\([^)]*\)\d+> *$", seen) is not None, seen)
    seen = session.type("1 + 2")
    check("and the shell goes on, with echo", "1 + 2\n3" in seen, seen)
    session.close()


def compare(beams, check):
    """A comparison, in a shell of its own: while it runs a line tells how far it is, and goes."""
    session = Session(beams)
    options = "time: 2, warmup: 0.5, latency: false, page: false, json: false"
    os.write(session.terminal, f"elem(Tandem.compare(fn -> Enum.sum(1..10) end, {options}), 0)\n".encode())
    start, seen = time.monotonic(), ""
    while time.monotonic() - start < 60 and ":ok" not in seen:
        seen += session.read(0.3)
    lines = seen.replace("\r\n", "\n").split("\n")
    bars = [line for line in lines if "s left" in line]
    check("compare tells how far it is", bars != [] and re.search(r"\[#+\.*\] +\d+%  \d+ s left  run time", bars[0]) is not None, seen)
    check("on one line, that goes", len(bars) == 1 and bars[0].rstrip(" \b").endswith("\r\x1b[K"), seen)
    check("compare says that both do the same", "the same on both: returned 55" in seen and "Comparison:" in seen, seen)
    session.close()


def main():
    beams = sys.argv[1]
    show = "--show" in sys.argv
    session = Session(beams)
    passed = failed = 0

    def check(what, good, seen):
        nonlocal passed, failed
        if good:
            passed += 1
        else:
            failed += 1
        if not show:
            print(("ok      " if good else "FAILED  ") + what)
            if not good:
                print("        " + seen.strip().replace("\n", "\n        "))

    for line, expected in STEPS:
        seen = session.type(line)
        answer = "\n".join(seen.split("\n")[1:])
        check(line, re.search(expected, answer) is not None, answer)

    session.type("import Tandem, only: []; import Kernel")
    session.type("node = Tandem.node()")
    local = report(session.type("Kernel." + LINKED_RAISE, 3) + session.settle())
    session.type("node = Tandem.node()")
    engine = report(session.type(NODE_LINKED_RAISE, 3) + session.settle())
    check("a linked raise gives the report that it gives on the BEAM", local == engine and len(local) > 2,
          "BEAM:\n%s\nengine:\n%s" % ("\n".join(local), "\n".join(engine)))
    seen = session.type("1 + 1")
    check("the shell goes on", "2" in seen, seen)
    seen = session.type(":tandem.info(Tandem.node())")
    check("info", "reductions" in seen, seen)
    seen = session.type(":tandem.stop(Tandem.node())")
    check("stop", ":ok" in seen, seen)
    session.close()
    if show:
        print(session.screen)
    top(beams, check)
    compare(beams, check)
    print("terminal: %d passed, %d failed" % (passed, failed))


main()
