"""Fork and join of threads without Python: workers wait in compiled code, so a fork takes about a microsecond.

The threads share one block of 64-bit words (the constants below). ``pool_fork`` writes a task and raises the
generation. Every worker reads it, computes its share and increments a counter; the caller computes the first share and
waits for the counter. Waiting spins at first, since the next op of a training step follows within microseconds; then a
worker sleeps on a condition variable, and the caller yields its processor.
"""

from __future__ import annotations

import importlib
from typing import Any

from azuraforge.engine.backends.cpu.emit import Emitter
from azuraforge.engine.backends.cpu.values import INT, POINTER, Value

ir: Any = importlib.import_module("llvmlite.ir")

# Words of the shared block; words that different threads write are on different cache lines.
GENERATION, DONE, TASK, STOPPING, SLEEPING, MUTEX, CONDITION, BORDERS = 0, 16, 32, 33, 48, 64, 80, 96
MOST_THREADS = 128
ARGUMENTS = BORDERS + MOST_THREADS + 8
WORDS = ARGUMENTS + 64

_SPINS = 20_000  # pauses before a worker sleeps: a few hundred microseconds
_CALLER_SPINS = 2_000  # pauses before the caller yields, since a worker may have lost its processor
_INT32 = ir.IntType(32)


def slot(begin: Value, count: Value, threads: Value) -> Value:
    """Return the number of the range that begins at ``begin`` if at most ``threads`` ranges share ``count`` items."""
    return (begin * threads + count - 1) / count


def _word(e: Emitter, shared: Any, index: Any) -> Any:
    offset = index if not isinstance(index, int) else INT(index)
    return e.builder.gep(shared, [offset], source_etype=INT)


def _outside(e: Emitter, name: str, arguments: int) -> Any:
    found = e.module.globals.get(name)
    return found if found is not None else ir.Function(e.module, ir.FunctionType(_INT32, [POINTER] * arguments), name)


def _pause(e: Emitter) -> None:
    machine = e.module.triple.split("-")[0]
    if machine == "x86_64":
        name, kinds, values = "llvm.x86.sse2.pause", [], []
    elif machine in ("aarch64", "arm64"):
        name, kinds, values = "llvm.aarch64.hint", [_INT32], [_INT32(1)]
    else:
        return
    found = e.module.globals.get(name)
    function = found if found is not None else ir.Function(e.module, ir.FunctionType(ir.VoidType(), kinds), name)
    e.builder.call(function, values)


def _run_share(e: Emitter, shared: Any, index: Any) -> None:
    """Call the task whose number is stored in the shared block, on the range of thread ``index``."""
    b = e.builder
    task = b.load(_word(e, shared, TASK), typ=INT)
    begin = b.load(_word(e, shared, b.add(index, INT(BORDERS))), typ=INT)
    end = b.load(_word(e, shared, b.add(index, INT(BORDERS + 1))), typ=INT)
    with b.if_then(b.icmp_signed("<", begin, end)):
        arguments = _word(e, shared, ARGUMENTS)
        after = e.function.append_basic_block("ran")
        choice = b.switch(task, after)
        for number, function in enumerate(tasks(e.module)):
            block = e.function.append_basic_block(f"run_{number}")
            choice.add_case(INT(number), block)
            b.position_at_end(block)
            b.call(function, [arguments, begin, end])
            b.branch(after)
        b.position_at_end(after)


def pool_fork(e: Emitter) -> None:
    """Run the task in the shared block on all threads; return when every share is done.

    Parameters: shared; workers, the number of threads besides the caller.
    """
    b = e.builder
    shared, workers = (one.ir for one in e.arguments)
    b.atomic_rmw("xchg", _word(e, shared, DONE), INT(0), "monotonic")
    b.atomic_rmw("add", _word(e, shared, GENERATION), INT(1), "seq_cst")
    sleeping = b.load_atomic(_word(e, shared, SLEEPING), "seq_cst", 8, typ=INT)
    with b.if_then(b.icmp_signed(">", sleeping, INT(0)), likely=False):
        b.call(_outside(e, "pthread_mutex_lock", 1), [_word(e, shared, MUTEX)])
        b.call(_outside(e, "pthread_cond_broadcast", 1), [_word(e, shared, CONDITION)])
        b.call(_outside(e, "pthread_mutex_unlock", 1), [_word(e, shared, MUTEX)])
    _run_share(e, shared, INT(0))
    spins = e.variable(e.integer(0))
    head, wait, after = (e.function.append_basic_block(name) for name in ("join", "wait", "joined"))
    b.branch(head)
    b.position_at_end(head)
    done = b.load_atomic(_word(e, shared, DONE), "acquire", 8, typ=INT)
    b.cbranch(b.icmp_signed(">=", done, workers), after, wait)
    b.position_at_end(wait)
    spins.set(spins.get() + 1)
    with b.if_else(b.icmp_signed("<", spins.get().ir, INT(_CALLER_SPINS))) as (early, late):
        with early:
            _pause(e)
        with late:
            b.call(_outside(e, "sched_yield", 0), [])
    b.branch(head)
    b.position_at_end(after)


def pool_serve(e: Emitter) -> None:
    """Compute share ``index`` of every task until the word STOPPING is set. Each worker thread runs this function.

    Parameters: shared; index, from 1; seen, the generation when the thread was created.
    """
    b = e.builder
    shared, index, first = (one.ir for one in e.arguments)
    seen = e.variable(e.arguments[2])
    spins = e.variable(e.integer(0))
    names = ("look", "idle", "spin", "sleep", "asleep", "rest", "awake", "work", "share", "stop")
    look, idle, spin, sleep, asleep, rest, awake, work, share, stop = (
        e.function.append_basic_block(name) for name in names
    )
    del first
    b.branch(look)

    b.position_at_end(look)
    now = b.load_atomic(_word(e, shared, GENERATION), "seq_cst", 8, typ=INT)
    b.cbranch(b.icmp_signed("!=", now, seen.get().ir), work, idle)

    b.position_at_end(idle)
    spins.set(spins.get() + 1)
    b.cbranch(b.icmp_signed("<", spins.get().ir, INT(_SPINS)), spin, sleep)

    b.position_at_end(spin)
    _pause(e)
    b.branch(look)

    # Counted as sleeping before the generation is looked at again: then either this thread sees the new generation,
    # or the caller sees that it sleeps and wakes it.
    b.position_at_end(sleep)
    b.call(_outside(e, "pthread_mutex_lock", 1), [_word(e, shared, MUTEX)])
    b.atomic_rmw("add", _word(e, shared, SLEEPING), INT(1), "seq_cst")
    b.branch(asleep)
    b.position_at_end(asleep)
    now = b.load_atomic(_word(e, shared, GENERATION), "seq_cst", 8, typ=INT)
    b.cbranch(b.icmp_signed("!=", now, seen.get().ir), awake, rest)
    b.position_at_end(rest)
    b.call(_outside(e, "pthread_cond_wait", 2), [_word(e, shared, CONDITION), _word(e, shared, MUTEX)])
    b.branch(asleep)
    b.position_at_end(awake)
    b.atomic_rmw("sub", _word(e, shared, SLEEPING), INT(1), "seq_cst")
    b.call(_outside(e, "pthread_mutex_unlock", 1), [_word(e, shared, MUTEX)])
    b.branch(work)

    b.position_at_end(work)
    # The caller waits for every worker before it raises the generation again, so one step is all it can have moved.
    seen.set(seen.get() + 1)
    spins.set(e.integer(0))
    stopping = b.load(_word(e, shared, STOPPING), typ=INT)
    b.cbranch(b.icmp_signed("!=", stopping, INT(0)), stop, share)
    b.position_at_end(share)
    _run_share(e, shared, index)
    b.atomic_rmw("add", _word(e, shared, DONE), INT(1), "release")
    b.branch(look)

    b.position_at_end(stop)
    b.atomic_rmw("add", _word(e, shared, DONE), INT(1), "release")


def pool_prepare(e: Emitter) -> None:
    """Create the lock and the condition variable of a new shared block. Parameters: shared."""
    shared = e.arguments[0].ir
    nothing = ir.Constant(POINTER, None)
    e.builder.call(_outside(e, "pthread_mutex_init", 2), [_word(e, shared, MUTEX), nothing])
    e.builder.call(_outside(e, "pthread_cond_init", 2), [_word(e, shared, CONDITION), nothing])


def tasks(module: Any) -> list[Any]:
    """Return the tasks of a module in the order of their numbers."""
    return [function for name, function in module.globals.items() if name.startswith("task_")]


def emit_task(module: Any, name: str, signature: str) -> None:
    """Emit ``task_<name>(arguments, begin, end)``, which calls the kernel with its arguments taken from memory.

    ``signature`` is that of the kernel, whose last two parameters are ``begin`` and ``end``.
    """
    kind = ir.FunctionType(ir.VoidType(), [POINTER, INT, INT])
    function = ir.Function(module, kind, f"task_{name}")
    function.attributes.add("nounwind")
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    arguments, begin, end = function.args
    types = {"p": POINTER, "i": INT, "f": ir.FloatType()}
    values = [
        builder.load(builder.gep(arguments, [INT(index)], source_etype=INT), typ=types[letter])
        for index, letter in enumerate(signature[:-2])
    ]
    builder.call(module.globals[name], [*values, begin, end])
    builder.ret_void()


DEFINITIONS = [
    ("pool_prepare", "*shared", pool_prepare),
    ("pool_serve", "*shared index seen", pool_serve),
    ("pool_fork", "*shared workers", pool_fork),
]
