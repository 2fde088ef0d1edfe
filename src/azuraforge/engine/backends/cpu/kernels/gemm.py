"""Matrix products by register tiles.

``C = A @ B`` with the columns of B and C contiguous. A is read one number at a time into all lanes, so it may
have any strides, a transposed one included. A tile of rows × vectors of C stays in registers while the inner
index runs; edges of the columns are masked, rows that are left over use smaller tiles of the same code.
"""

from __future__ import annotations

from azuraforge.engine.backends.cpu.emit import Emitter
from azuraforge.engine.backends.cpu.kernels.sums import add_up
from azuraforge.engine.backends.cpu.targets import Target
from azuraforge.engine.backends.cpu.values import Value, Variable


def tile(target: Target) -> tuple[int, int]:
    """Return the rows and vectors of a register tile, whose accumulators leave registers for the operands."""
    return {32: (12, 2), 16: (6, 2)}[target.registers]


def row_steps(rows: int) -> list[int]:
    """Return the tile heights that cover any number of rows: the full one, then powers of two."""
    return [rows, *(step for step in (8, 4, 2, 1) if step < rows)]


def emit_tile(
    e: Emitter,
    rows: int,
    vectors: int,
    inner: Value,
    a: Value,
    a_row: Value,
    a_inner: Value,
    b: Value,
    b_row: Value,
    start: list[list[Value]],
    masks: list[Value | None],
) -> list[list[Value]]:
    """Emit ``start + A @ B`` for one tile; return the accumulated vectors, row by row."""
    accumulators = [[e.variable(value) for value in line] for line in start]
    with e.loop(0, inner) as k:
        here = e.at(b, k * b_row)
        right = [e.load(here, column * e.target.width, masks[column]) for column in range(vectors)]
        left = e.at(a, k * a_inner)
        for row in range(rows):
            value = e.broadcast(left, a_row * row)
            for column in range(vectors):
                accumulators[row][column].fma(value, right[column])
    return [[one.get() for one in line] for line in accumulators]


def gemm(e: Emitter) -> None:
    """Compute ``C = A @ B``, plus the previous C (``mode`` 2) or a bias for each column (``mode`` 1).

    Parameters: a, a_row, a_inner (strides), b, b_row, c, c_row, bias, rows, inner, columns, mode, chunk: the inner
    index runs in chunks of this size, each over all of C, so that what a chunk reads stays in the cache.
    """
    whole_a, a_row, a_inner, whole_b, b_row, c, c_row, bias, rows, whole_inner, columns, first_mode, chunk = e.arguments
    first = e.integer(0)
    with e.loop(first, whole_inner, chunk) as begin:
        inner = e.least(whole_inner - begin, chunk)
        later = Value(e, e.builder.icmp_signed(">", begin.ir, first.ir))
        mode = e.select(later, e.integer(2), first_mode)
        _gemm_chunk(
            e, e.at(whole_a, begin * a_inner), a_row, a_inner, e.at(whole_b, begin * b_row), b_row, c, c_row, bias,
            rows, inner, columns, mode,
        )  # fmt: skip


def _gemm_chunk(
    e: Emitter, a: Value, a_row: Value, a_inner: Value, b: Value, b_row: Value, c: Value, c_row: Value, bias: Value,
    rows: Value, inner: Value, columns: Value, mode: Value,
) -> None:  # fmt: skip
    width = e.target.width
    height, vectors = tile(e.target)

    def panel(column: Value, count: int, masks: list[Value | None]) -> None:
        """Emit all rows of ``count`` vectors of columns."""
        right = e.at(b, column)
        done = e.variable(e.integer(0))
        for step in row_steps(height):
            with e.loop(done.get(), rows - (step - 1), step) as row:
                target = e.at(c, row * c_row + column)
                places = [e.at(target, c_row * index) for index in range(step)]
                initial = [[e.variable(e.zero()) for _ in range(count)] for _ in range(step)]
                with e.when(Value(e, e.builder.icmp_signed("==", mode.ir, e.integer(1).ir))):
                    for index in range(count):
                        value = e.load(e.at(bias, column), index * width, masks[index])
                        for line in initial:
                            line[index].set(value)
                start = [[one.get() for one in line] for line in initial]
                left = e.at(a, row * a_row)
                products = emit_tile(e, step, count, inner, left, a_row, a_inner, right, b_row, start, masks)
                result = [[e.variable(value) for value in values] for values in products]
                # Added at the end, because adding all products to one total would lose precision.
                with e.when(Value(e, e.builder.icmp_signed("==", mode.ir, e.integer(2).ir))):
                    for place, sums in zip(places, result, strict=True):
                        for index, one in enumerate(sums):
                            one.set(one.get() + e.load(place, index * width, masks[index]))
                for place, sums in zip(places, result, strict=True):
                    for index, one in enumerate(sums):
                        e.store(one.get(), place, index * width, masks[index])
                done.set(row + step)

    whole = e.variable(e.integer(0))
    with e.loop(0, columns - (vectors * width - 1), vectors * width) as column:
        panel(column, vectors, [None] * vectors)
        whole.set(column + vectors * width)
    with e.loop(whole.get(), columns, width) as column:
        panel(column, 1, [e.mask(e.least(columns - column, width))])


def _flip(e: Emitter, lines: list[Value]) -> list[Value]:
    """Transpose a square of vectors: swap blocks of half the width, then of a quarter, down to single lanes."""
    width = e.target.width
    distance = width // 2
    while distance:
        for index in range(width):
            if index & distance:
                continue
            first, second = lines[index], lines[index + distance]
            upper = [lane + width - distance if lane & distance else lane for lane in range(width)]
            lower = [lane + width if lane & distance else lane + distance for lane in range(width)]
            lines[index], lines[index + distance] = e.shuffle(first, second, upper), e.shuffle(first, second, lower)
        distance //= 2
    return lines


def transpose(e: Emitter) -> None:
    """Copy ``x[row, column]`` to ``out[column, row]``. Parameters: x, x_row, out, out_row, rows, columns."""
    x, x_row, out, out_row, rows, columns = e.arguments
    width = e.target.width

    def whole(row: Value, column: Value) -> None:
        source, target = e.at(x, row * x_row + column), e.at(out, column * out_row + row)
        square = _flip(e, [e.load(e.at(source, x_row * index)) for index in range(width)])
        for index, value in enumerate(square):
            e.store(value, e.at(target, out_row * index))

    def edge(row: Value, column: Value) -> None:
        # A square beyond the edge: its last row is read again for missing rows, and missing columns are not written.
        source, target = e.at(x, row * x_row + column), e.at(out, column * out_row + row)
        last, wide = rows - row - 1, e.least(columns - column, width)
        inside = e.mask(wide)
        square = _flip(e, [e.load(e.at(source, x_row * e.least(last, index)), 0, inside) for index in range(width)])
        above = e.mask(e.least(rows - row, width))
        for index, value in enumerate(square):
            with e.when(e.integer(index) < wide):
                e.store(value, e.at(target, out_row * index), 0, above)

    done = e.variable(e.integer(0))
    with e.loop(0, rows - (width - 1), width) as row:
        across = e.variable(e.integer(0))
        with e.loop(0, columns - (width - 1), width) as column:
            whole(row, column)
            across.set(column + width)
        with e.loop(across.get(), columns, width) as column:
            edge(row, column)
        done.set(row + width)
    with e.loop(done.get(), rows, width) as row, e.loop(0, columns, width) as column:
        edge(row, column)


def column_sums(e: Emitter) -> None:
    """Sum ``x[:, column]`` to ``out[column]``. Parameters: x, x_row, out, rows, columns."""
    x, x_row, out, rows, columns = e.arguments
    width = e.target.width

    def panel(column: Value, masks: list[Value | None]) -> None:
        def add(row: Value, sums: list[Variable]) -> None:
            here = e.at(x, row * x_row + column)
            for index, (one, mask) in enumerate(zip(sums, masks, strict=True)):
                one.set(one.get() + e.load(here, index * width, mask))

        for index, (total, mask) in enumerate(zip(add_up(e, rows, len(masks), add), masks, strict=True)):
            e.store(total, e.at(out, column), index * width, mask)

    whole = e.variable(e.integer(0))
    with e.loop(0, columns - (4 * width - 1), 4 * width) as column:
        panel(column, [None] * 4)
        whole.set(column + 4 * width)
    with e.loop(whole.get(), columns, width) as column:
        panel(column, [e.mask(e.least(columns - column, width))])


DEFINITIONS = [
    ("column_sums", "*x x_row *out rows columns", column_sums),
    ("gemm", "*a a_row a_inner *b b_row *c c_row *bias rows inner columns mode chunk", gemm),
    ("transpose", "*x x_row *out out_row rows columns", transpose),
]
