# SPDX-License-Identifier: MIT
"""Threads, and child processes made in every way that Python has."""
import concurrent.futures
import multiprocessing
import os
import subprocess
import sys
import threading


def work(seed):
    rows = [("%d" % (i * seed % 1009)) * (i % 9) for i in range(5000)]
    return sum(map(len, rows))


def forked_among_threads():
    """fork() while other threads allocate; the child allocates at once."""
    over = threading.Event()
    threads = [threading.Thread(target=lambda: [work(3) for _ in iter(over.is_set, True)]) for _ in range(3)]
    for thread in threads:
        thread.start()
    results = []
    for _ in range(10):
        child = os.fork()
        if child == 0:
            os._exit(work(7) % 251)
        results.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    over.set()
    for thread in threads:
        thread.join()
    return results


def main():
    with concurrent.futures.ThreadPoolExecutor(4) as executor:
        print("threads", list(executor.map(work, range(8))))
    for method in "fork", "spawn", "forkserver":
        with multiprocessing.get_context(method).Pool(2) as pool:
            print(method, pool.map(work, range(6)))
            pool.close()
            pool.join()
    print("fork among threads", forked_among_threads())
    print("run", subprocess.run(["sort"], input="b\na\n", capture_output=True, text=True).stdout.split())
    print("vfork", [subprocess.run(["true"], close_fds=False).returncode for _ in range(20)])
    print("popen", os.popen("echo popen").read().strip(), os.system("exit 3"))
    print("spawn", os.waitstatus_to_exitcode(
        os.waitpid(os.posix_spawn("/bin/sh", ["sh", "-c", "exit 4"], os.environ), 0)[1]))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
