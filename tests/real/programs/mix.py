# SPDX-License-Identifier: MIT
"""Containers, JSON, regular expressions, ctypes, zlib, sqlite3, asyncio: mix.py ROUNDS"""
import asyncio
import ctypes
import hashlib
import json
import re
import sqlite3
import sys
import zlib

ROUNDS = int(sys.argv[1])


def digest(value):
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]


def containers():
    table = {}
    for i in range(ROUNDS * 200):
        table.setdefault(i * 7919 % 5003, []).append(str(i) * (i % 5))
    return sorted((key, len(value)) for key, value in table.items())


def text():
    document = [{"id": i, "name": "n%d" % i, "list": list(range(i % 20))} for i in range(ROUNDS * 20)]
    packed = json.dumps(document)
    assert json.loads(packed) == document
    return len(packed), len(re.findall(r'"n\d*7"', packed)), len(zlib.compress(packed.encode()))


def database():
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (a integer primary key, b text, c blob)")
    connection.executemany("insert into t values (?, ?, ?)",
                           ((i, "b%d" % (i * 31 % 977), bytes(i % 300)) for i in range(ROUNDS * 50)))
    connection.execute("create index i on t (b)")
    return connection.execute("select b, count(*), sum(length(c)) from t group by b order by b").fetchall()


async def tasks():
    async def one(i):
        await asyncio.sleep(0)
        return i * i
    return sum(await asyncio.gather(*(one(i) for i in range(ROUNDS * 20))))


class Node(ctypes.Structure):
    _fields_ = [("value", ctypes.c_int), ("bytes", ctypes.c_char * 100)]


def native():
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.realloc.restype = ctypes.c_void_p
    libc.realloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    for size in range(1, 3000, 7):
        block = libc.malloc(size)
        ctypes.memset(block, size & 255, size)
        block = libc.realloc(block, size * 2)
        assert ctypes.string_at(block, size) == bytes([size & 255]) * size
        libc.free(block)
    nodes = [Node(i, b"x" * (i % 99)) for i in range(1000)]
    return sum(len(node.bytes) + node.value for node in nodes)


print("containers", digest(containers()))
print("text", text())
print("database", digest(database()))
print("tasks", asyncio.run(tasks()))
print("native", native())
