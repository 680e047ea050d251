"""For scripts/bench arguments: compares what was seen, NAME.jsonl as evidence export writes it, with what analyze finds."""

import collections
import json
import os
import re
import subprocess
import sys

VALUE = re.compile(r"(\d+)&([0-9a-f]+)=([0-9a-f]+)")


def seen_by_executable(file):
    """Of each executable by call and index of the argument: the values."""
    seen = collections.defaultdict(lambda: collections.defaultdict(set))
    with open(file) as lines:
        for line in lines:
            call = json.loads(line).get("call")
            if call:
                for index, _, value in VALUE.findall(call["arguments"]):
                    seen[call["executable"]][call["syscall"], index].add(int(value, 16))
    return seen


def found(executable):
    result = subprocess.run([os.environ["JAIL"], "analyze", "--json", executable], capture_output=True, text=True)
    if result.returncode:
        sys.exit(result.stderr)
    calls = json.loads(result.stdout)[0]["calls"]
    return {(call["call"], index): set(values) for call in calls for index, values in call["arguments"].items()}


def main(files):
    totals = collections.defaultdict(lambda: [0, 0, 0])
    missed = []
    for file in files:
        for executable, arguments in seen_by_executable(file + ".jsonl").items():
            if not executable.startswith("/usr/"):
                continue
            known = found(executable)
            for (call, index), values in arguments.items():
                total = totals[call]
                total[0] += 1
                if (call, index) not in known:
                    total[1] += 1
                elif values - known[call, index]:
                    total[2] += 1
                    missed.append((executable, call, index, values - known[call, index]))
    print(f"{'call':<16}{'arguments':>10}{'any':>6}{'not found':>11}")
    for call, (all_of_it, open_ones, wrong) in sorted(totals.items()):
        print(f"{call:<16}{all_of_it:>10}{open_ones:>6}{wrong:>11}")
    sums = [sum(column) for column in zip(*totals.values())]
    print(f"{'all':<16}{sums[0]:>10}{sums[1]:>6}{sums[2]:>11}")
    for executable, call, index, values in missed:
        print(f"{executable}: {call}, argument {index}: {', '.join(map(hex, sorted(values)))}")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
