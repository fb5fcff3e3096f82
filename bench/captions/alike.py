# SPDX-License-Identifier: Apache-2.0
"""Whether two WebVTT texts show the same words at the same times, whatever their cues are cut like."""
import html
import re
import unicodedata

TIMING = re.compile(r"(?:(\d+):)?(\d\d):(\d\d)\.(\d{3})\s+-->\s+(?:(\d+):)?(\d\d):(\d\d)\.(\d{3})")


def milliseconds(hours, minutes, seconds, thousandths):
    return ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(thousandths)


def cues(text):
    """(start, end, words) of each cue, tags and invisible characters gone"""
    for block in re.split(r"\n{2,}", text):
        lines = block.strip("\n").split("\n")
        for number, line in enumerate(lines):
            found = TIMING.match(line)
            if not found:
                continue
            words = html.unescape(re.sub(r"<[^>]*>", "", " ".join(lines[number + 1:])))
            words = "".join(c for c in words if unicodedata.category(c) != "Cf")
            yield milliseconds(*found.groups()[:4]), milliseconds(*found.groups()[4:]), " ".join(words.split())
            break


def shown(listed, at):
    return sorted(word for start, end, words in listed if start <= at < end for word in words.split())


def difference(ours, theirs, slack_ms=1, end_ms=None):
    """None, or (time, our words, their words) at the first moment at which they differ for longer than the slack"""
    ours, theirs = list(cues(ours)), list(cues(theirs))
    edges = sorted({time for listed in (ours, theirs) for start, end, _ in listed for time in (start, end)})
    for start, end in zip(edges, edges[1:]):
        if end - start <= slack_ms or (end_ms is not None and start >= end_ms):
            continue
        middle = (start + end) // 2
        if shown(ours, middle) != shown(theirs, middle):
            return middle, shown(ours, middle), shown(theirs, middle)
    return None
