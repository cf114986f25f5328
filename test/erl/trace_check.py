# SPDX-License-Identifier: Apache-2.0
"""Checks a file of trace events: that it is JSON, that the events of each track are in order and nest, that every arrow has both ends
inside slices. Usage: trace_check.py FILE. Prints `wrong: ...` for each offence, then one line that counts: events, slices, collections,
arrows, arrows from outside, gaps, instants."""
import bisect
import collections
import json
import sys

wrong = []
counts = collections.Counter()


def slices_of(events):
    """The slices of each track as (begin, end, name), checked for order and nesting."""
    open_ones, last, slices = collections.defaultdict(list), {}, collections.defaultdict(list)
    for event in events:
        phase, track = event["ph"], event["tid"]
        if phase in "Ms":
            continue
        if event["ts"] < last.get(track, 0):
            wrong.append("track %s goes back at %s" % (track, event["ts"]))
        last[track] = event["ts"]
        if phase == "B":
            open_ones[track].append(event)
        elif phase == "E":
            if not open_ones[track]:
                wrong.append("nothing to end at %s" % event["ts"])
                continue
            begun = open_ones[track].pop()
            counts["collections" if begun["cat"] == "memory" else "slices"] += 1
            if not open_ones[track]:
                slices[track].append((begun["ts"], event["ts"], begun["name"]))
        elif phase == "i":
            counts["gaps" if event["name"].endswith("not recorded") else "instants"] += 1
    for track, left in open_ones.items():
        if left:
            wrong.append("track %s: %d slices don't end" % (track, len(left)))
    return slices


def slice_at(slices, event):
    on = slices[event["tid"]]
    at = bisect.bisect_right(on, (event["ts"], float("inf"), "")) - 1
    return on[at][2] if at >= 0 and on[at][0] <= event["ts"] <= on[at][1] else None


def check_arrows(events, slices):
    ends = collections.defaultdict(dict)
    for event in events:
        if event["ph"] in "sf":
            if event["ph"] in ends[event["id"]]:
                wrong.append("two ends %s of arrow %s" % (event["ph"], event["id"]))
            ends[event["id"]][event["ph"]] = event
    for name, both in ends.items():
        if len(both) != 2:
            wrong.append("arrow %s has one end" % name)
        elif both["s"]["ts"] > both["f"]["ts"]:
            wrong.append("arrow %s ends before it begins" % name)
        elif slice_at(slices, both["s"]) is None or slice_at(slices, both["f"]) is None:
            wrong.append("arrow %s is outside of slices" % name)
        else:
            counts["outside" if slice_at(slices, both["s"]) == "from outside" else "arrows"] += 1


with open(sys.argv[1], encoding="utf-8") as file:
    trace = json.load(file)
events = trace["traceEvents"]
check_arrows(events, slices_of(events))
names = {event["name"] for event in events if event["ph"] == "B"}
tracks = {event["tid"]: event["args"]["name"] for event in events if event["ph"] == "M" and event["name"] == "thread_name"}
if tracks != {n: "scheduler %d" % n for n in range(1, len(tracks) + 1)}:
    wrong.append("tracks are called %s" % tracks)
for line in wrong[:20]:
    print("wrong: " + line)
print(json.dumps(dict(events=len(events), names=sorted(names), **{k: counts[k] for k in (
    "slices", "collections", "arrows", "outside", "gaps", "instants")})))
