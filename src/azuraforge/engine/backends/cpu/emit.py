"""Small generator of SIMD code: Python emits LLVM instructions, which LLVM compiles to machine code.

A kernel is a Python function that receives an :class:`Emitter` and calls it to emit loads, fused
multiply-adds and loops. Loops of Python are unrolled, and its ``if`` selects tile shapes for the instruction set, so
that one source serves AVX-512, AVX2 and plain 128-bit vectors (SSE, NEON).

Numbers in a kernel are :class:`Value`: 64-bit integers, float32 scalars and float32 vectors with Python's
operators. Addresses are pointers to float32, indexed in elements.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from azuraforge.engine.backends.cpu.targets import Target
from azuraforge.engine.backends.cpu.values import FLOAT, INT, POINTER, Value, Variable, ir


class Emitter:
    """Emitter of the body of one kernel."""

    def __init__(self, module: Any, name: str, parameters: str, target: Target) -> None:
        """Begin the function ``name``; parameters are words: ``*x`` an address, ``x`` an integer, ``.x`` a float."""
        kinds = {"*": POINTER, ".": FLOAT}
        words = parameters.split()
        types = [kinds.get(word[0], INT) for word in words]
        self.module = module
        self.target = target
        self.vector_type = ir.VectorType(FLOAT, target.width)
        self.function = ir.Function(module, ir.FunctionType(ir.VoidType(), types), name)
        self.function.attributes.add("nounwind")
        self.signature = "".join({"*": "p", ".": "f"}.get(word[0], "i") for word in words)
        for argument, word in zip(self.function.args, words, strict=True):
            argument.name = word.lstrip("*.")
            if word[0] == "*":
                argument.add_attribute("noalias")
        self.builder = ir.IRBuilder(self.function.append_basic_block("entry"))
        self.arguments = [Value(self, argument) for argument in self.function.args]

    def finish(self) -> None:
        """End the function."""
        self.builder.ret_void()

    # --- constants and conversion ---

    def integer(self, value: int) -> Value:
        """Return an integer constant."""
        return Value(self, INT(value))

    def splat(self, value: float | Value) -> Value:
        """Return a vector with ``value`` in every lane."""
        if not isinstance(value, Value):
            return Value(self, ir.Constant(self.vector_type, [float(value)] * self.target.width))
        if value.ir.type == self.vector_type:
            return value
        undefined = ir.Constant(self.vector_type, ir.Undefined)
        first = self.builder.insert_element(undefined, value.ir, ir.IntType(32)(0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), self.target.width), [0] * self.target.width)
        return Value(self, self.builder.shuffle_vector(first, undefined, zeros))

    def like(self, other: Any, value: Value) -> Any:
        """Return ``other`` as an LLVM value that has the type of ``value``."""
        if isinstance(other, Value):
            if other.ir.type != value.ir.type and value.ir.type == self.vector_type:
                return self.splat(other).ir
            return other.ir
        if value.is_int:
            return INT(int(other))
        if value.ir.type == self.vector_type:
            return self.splat(float(other)).ir
        return ir.Constant(FLOAT, float(other))

    def zero(self) -> Value:
        """Return a vector of zeros."""
        return self.splat(0.0)

    def variable(self, value: Value) -> Variable:
        """Return a variable with the initial value ``value``."""
        return Variable(self, value)

    # --- memory ---

    def at(self, pointer: Value, index: Value | int) -> Value:
        """Return the address ``index`` elements after ``pointer``."""
        offset = index.ir if isinstance(index, Value) else INT(index)
        return Value(self, self.builder.gep(pointer.ir, [offset], source_etype=FLOAT))

    def scalar(self, pointer: Value, index: Value | int = 0) -> Value:
        """Load one float32."""
        return Value(self, self.builder.load(self.at(pointer, index).ir, align=4, typ=FLOAT))

    def broadcast(self, pointer: Value, index: Value | int = 0) -> Value:
        """Load one float32 into every lane."""
        return self.splat(self.scalar(pointer, index))

    def load(self, pointer: Value, index: Value | int = 0, mask: Value | None = None) -> Value:
        """Load a vector; lanes outside ``mask`` are zero, and their memory is not read."""
        address = self.at(pointer, index).ir
        if mask is None:
            return Value(self, self.builder.load(address, align=4, typ=self.vector_type))
        call = self._intrinsic(
            f"llvm.masked.load.v{self.target.width}f32.p0",
            self.vector_type, [POINTER, ir.IntType(32), mask.ir.type, self.vector_type],
        )  # fmt: skip
        return Value(self, self.builder.call(call, [address, ir.IntType(32)(4), mask.ir, self.zero().ir]))

    def store(self, value: Value, pointer: Value, index: Value | int = 0, mask: Value | None = None) -> None:
        """Store a vector, or with a scalar value one float32."""
        address = self.at(pointer, index).ir
        if mask is None:
            self.builder.store(value.ir, address, align=4)
            return
        call = self._intrinsic(
            f"llvm.masked.store.v{self.target.width}f32.p0",
            ir.VoidType(), [self.vector_type, POINTER, ir.IntType(32), mask.ir.type],
        )  # fmt: skip
        self.builder.call(call, [value.ir, address, ir.IntType(32)(4), mask.ir])

    def mask(self, count: Value) -> Value:
        """Return a mask in which the first ``count`` lanes are set."""
        width = self.target.width
        lane_type = ir.IntType(32)
        lanes = ir.Constant(ir.VectorType(lane_type, width), list(range(width)))
        limit = self.builder.trunc(count.ir, lane_type)
        undefined = ir.Constant(lanes.type, ir.Undefined)
        first = self.builder.insert_element(undefined, limit, lane_type(0))
        zeros = ir.Constant(lanes.type, [0] * width)
        spread = self.builder.shuffle_vector(first, undefined, zeros)
        return Value(self, self.builder.icmp_signed("<", lanes, spread))

    def shuffle(self, first: Value, second: Value, lanes: list[int]) -> Value:
        """Return a vector of selected lanes; lanes of ``first`` are numbered from 0, lanes of ``second`` follow."""
        chosen = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes)
        return Value(self, self.builder.shuffle_vector(first.ir, second.ir, chosen))

    def whole(self, pointer: Value, index: Value | int) -> Value:
        """Load a 64-bit integer; ``index`` counts such integers."""
        return Value(self, self.builder.load(self.word(pointer, index).ir, align=8, typ=INT))

    def word(self, pointer: Value, index: Value | int) -> Value:
        """Return the address ``index`` 64-bit integers after ``pointer``."""
        offset = index.ir if isinstance(index, Value) else INT(index)
        return Value(self, self.builder.gep(pointer.ir, [offset], source_etype=INT))

    def low_bits(self, value: Value, count: int) -> Value:
        """Return the lowest ``count`` bits of an integer."""
        return Value(self, self.builder.and_(value.ir, INT(2**count - 1)))

    def shifted(self, value: Value, count: Value) -> Value:
        """Return an integer shifted left by ``count`` bits."""
        return Value(self, self.builder.shl(value.ir, count.ir))

    def small(self, pointer: Value, index: Value) -> Value:
        """Load a 32-bit integer as an integer."""
        loaded = self.builder.load(self.at(pointer, index).ir, align=4, typ=ir.IntType(32))
        return Value(self, self.builder.sext(loaded, INT))

    def small_splat(self, value: Value | int) -> Value:
        """Return a vector of 32-bit integers that all equal ``value``."""
        kind = ir.VectorType(ir.IntType(32), self.target.width)
        if isinstance(value, int):
            return Value(self, ir.Constant(kind, [value] * self.target.width))
        first = self.builder.insert_element(
            ir.Constant(kind, ir.Undefined), self.builder.trunc(value.ir, ir.IntType(32)), ir.IntType(32)(0)
        )
        return Value(self, self.builder.shuffle_vector(first, first, ir.Constant(kind, [0] * self.target.width)))

    def bits(self, condition: Value) -> Value:
        """Return an integer whose bit ``i`` is set if a vector's condition holds in lane ``i``."""
        packed = self.builder.bitcast(condition.ir, ir.IntType(self.target.width))
        return Value(self, self.builder.zext(packed, INT))

    def equals(self, a: Value, b: float) -> Value:
        """Return a condition that is true in the lanes of ``a`` that equal ``b``."""
        return Value(self, self.builder.fcmp_ordered("==", a.ir, self.splat(b).ir))

    def finite(self, a: Value) -> Value:
        """Return a condition that is true in the lanes of a vector that are neither NaN nor infinite."""
        nothing = (a - a).ir  # 0 for a number, NaN for any other
        return Value(self, self.builder.fcmp_ordered("==", nothing, self.zero().ir))

    def number(self, value: float) -> Value:
        """Return a float32 constant."""
        return Value(self, ir.Constant(FLOAT, value))

    def first(self, value: Value) -> Value:
        """Return the first lane."""
        return Value(self, self.builder.extract_element(value.ir, ir.IntType(32)(0)))

    # --- arithmetic ---

    def fma(self, a: Value, b: Value, c: Value) -> Value:
        """Return ``a * b + c``."""
        if not self.target.fma:
            return a * b + c
        call = self._intrinsic(f"llvm.fma.v{self.target.width}f32", self.vector_type, [self.vector_type] * 3)
        return Value(self, self.builder.call(call, [a.ir, b.ir, c.ir]))

    def sqrt(self, value: Value) -> Value:
        """Return the square root."""
        call = self._intrinsic(f"llvm.sqrt.v{self.target.width}f32", self.vector_type, [self.vector_type])
        return Value(self, self.builder.call(call, [value.ir]))

    def select(self, condition: Value, yes: Value, no: Value) -> Value:
        """Return ``yes`` in the lanes in which the condition holds, ``no`` in the others."""
        return Value(self, self.builder.select(condition.ir, yes.ir, no.ir))

    def maximum(self, a: Value, b: Value) -> Value:
        """Return the maximum of two vectors, lane by lane; NaN in ``a`` is kept."""
        return self.select(a >= b, a, b)

    def minimum(self, a: Value, b: Value) -> Value:
        """Return the minimum of two vectors, lane by lane; NaN in ``a`` is kept."""
        return self.select(a <= b, a, b)

    def least(self, a: Value, b: Value | int) -> Value:
        """Return the smaller of two integers."""
        right = b if isinstance(b, Value) else self.integer(b)
        return self.select(a < right, a, right)

    def total(self, value: Value) -> Value:
        """Return the sum of the lanes, added in pairs."""
        width = self.target.width
        vector = value.ir
        while width > 1:
            half = width // 2
            kind = ir.VectorType(ir.IntType(32), half)
            low, high = ir.Constant(kind, list(range(half))), ir.Constant(kind, list(range(half, width)))
            vector = self.builder.fadd(
                self.builder.shuffle_vector(vector, vector, low), self.builder.shuffle_vector(vector, vector, high)
            )
            width = half
        return Value(self, self.builder.extract_element(vector, ir.IntType(32)(0)))

    def largest(self, value: Value) -> Value:
        """Return the largest lane."""
        width = self.target.width
        while width > 1:
            half = width // 2
            kind = ir.VectorType(ir.IntType(32), half)
            low, high = (
                Value(self, self.builder.shuffle_vector(value.ir, value.ir, ir.Constant(kind, list(range(*part)))))
                for part in ((0, half), (half, width))
            )
            value = self.select(low >= high, low, high)
            width = half
        return Value(self, self.builder.extract_element(value.ir, ir.IntType(32)(0)))

    def call(self, name: str, *arguments: Value | int) -> None:
        """Call a kernel emitted before this one."""
        values = [one if isinstance(one, Value) else self.integer(one) for one in arguments]
        self.builder.call(self.module.globals[name], [one.ir for one in values])

    def _intrinsic(self, name: str, result: Any, arguments: list[Any]) -> Any:
        found = self.module.globals.get(name)
        return found if found is not None else ir.Function(self.module, ir.FunctionType(result, arguments), name)

    # --- control ---

    @contextmanager
    def loop(self, start: Value | int, stop: Value, step: Value | int = 1) -> Iterator[Value]:
        """Emit the block once; it runs for start, start + step … below ``stop``."""
        first = start if isinstance(start, Value) else self.integer(start)
        before = self.builder.block
        head = self.function.append_basic_block("head")
        body = self.function.append_basic_block("body")
        after = self.function.append_basic_block("after")
        self.builder.branch(head)
        self.builder.position_at_end(head)
        index = self.builder.phi(INT)
        index.add_incoming(first.ir, before)
        self.builder.cbranch(self.builder.icmp_signed("<", index, stop.ir), body, after)
        self.builder.position_at_end(body)
        yield Value(self, index)
        following = self.builder.add(index, step.ir if isinstance(step, Value) else INT(step))
        index.add_incoming(following, self.builder.block)
        self.builder.branch(head)
        self.builder.position_at_end(after)

    @contextmanager
    def each_bit(self, word: Value) -> Iterator[Value]:
        """Emit the block once; it runs for the number of each set bit, from the lowest."""
        before = self.builder.block
        head, body, after = (self.function.append_basic_block(name) for name in ("head", "body", "after"))
        self.builder.branch(head)
        self.builder.position_at_end(head)
        rest = self.builder.phi(INT)
        rest.add_incoming(word.ir, before)
        self.builder.cbranch(self.builder.icmp_signed("!=", rest, INT(0)), body, after)
        self.builder.position_at_end(body)
        count = self._intrinsic("llvm.cttz.i64", INT, [INT, ir.IntType(1)])
        yield Value(self, self.builder.call(count, [rest, ir.IntType(1)(1)]))
        rest.add_incoming(self.builder.and_(rest, self.builder.sub(rest, INT(1))), self.builder.block)
        self.builder.branch(head)
        self.builder.position_at_end(after)

    @contextmanager
    def when(self, condition: Value) -> Iterator[None]:
        """Emit the block; it runs if the scalar condition holds."""
        with self.builder.if_then(condition.ir):
            yield

    @contextmanager
    def either(self, condition: Value) -> Iterator[tuple[Any, Any]]:
        """Emit two blocks, ``with then:`` and ``with otherwise:``."""
        with self.builder.if_else(condition.ir) as (then, otherwise):
            yield then, otherwise
