# SPDX-License-Identifier: MIT
"""Dictionaries, strings, lists and objects, as a script that digests a file makes them."""
import json
import re


class Record:
    def __init__(self, number: int) -> None:
        self.name = f"record {number}"
        self.values = [number * i % 97 for i in range(10)]
        self.parent = None


records = {}
for number in range(@N@):
    record = Record(number)
    record.parent = records.get(f"record {number // 2}")
    records[record.name] = record
text = json.dumps([{"name": r.name, "values": r.values} for r in records.values()])
back = json.loads(text)
words = re.findall(r"\w+", text)
counts = {}
for word in words:
    counts[word] = counts.get(word, 0) + 1
lines = sorted((str(count) + " " + word for word, count in counts.items()), reverse=True)
print(len(back), len(lines), len(" ".join(lines).split()))
