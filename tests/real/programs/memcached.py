# SPDX-License-Identifier: MIT
"""A client of memcached's text protocol: memcached.py PORT KEYS"""
import socket
import sys

port, keys = map(int, sys.argv[1:])
stream = socket.create_connection(("127.0.0.1", port)).makefile("rwb")


def ask(request, lines=1):
    stream.write(request)
    stream.flush()
    return [stream.readline() for _ in range(lines)]


good = 0
for i in range(keys):
    value = b"%d" % i * (i % 700 + 1)
    good += ask(b"set key%d 0 0 %d\r\n%s\r\n" % (i, len(value), value)) == [b"STORED\r\n"]
print("stored", good)
good = 0
for i in range(keys):
    value = b"%d" % i * (i % 700 + 1)
    good += ask(b"get key%d\r\n" % i, 3)[1] == value + b"\r\n"
print("found", good)
print(ask(b"delete key1\r\n"), ask(b"get key1\r\n"), ask(b"incr key2 5\r\n"), ask(b"flush_all\r\n"))
