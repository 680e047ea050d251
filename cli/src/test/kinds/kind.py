"""Processes by each of multiprocessing's ways, each with a pool, a pipe and shared memory."""
import multiprocessing
import os
import sys
from multiprocessing import shared_memory


def square(number):
    return number * number


def talk(end):
    end.send("x")
    end.close()


def by(way):
    context = multiprocessing.get_context(way)
    pool = context.Pool(2)
    squares = sum(pool.map(square, range(10)))
    pool.close()  # and not terminate: that kills whoever has not ended by itself
    pool.join()
    here, there = context.Pipe()
    process = context.Process(target=talk, args=(there,))
    process.start()
    said = here.recv()
    process.join()
    memory = shared_memory.SharedMemory(create=True, size=16)
    memory.buf[0] = 5
    shared = memory.buf[0]
    memory.close()
    memory.unlink()
    return f"{way}: squares={squares} said={said} code={process.exitcode} shared={shared}"


if __name__ == "__main__":
    print(by(sys.argv[1]))
    if len(sys.argv) > 2:
        try:
            os.symlink("nowhere", "trespassed")
            print("trespass=True")
        except OSError as failure:
            print(f"trespass={failure.strerror}")
    sys.exit(7)
