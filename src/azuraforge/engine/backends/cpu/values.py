"""Values in a kernel that is being emitted: integers, floats and vectors of LLVM with Python's operators."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azuraforge.engine.backends.cpu.emit import Emitter

# llvmlite has no type information; it is imported when the first kernel is built, never before.
ir: Any = importlib.import_module("llvmlite.ir")

INT = ir.IntType(64)
FLOAT = ir.FloatType()
POINTER = ir.PointerType()


class Value:
    """LLVM value with Python's operators, which emit instructions."""

    __slots__ = ("emit", "ir")

    def __init__(self, emit: Emitter, value: Any) -> None:
        self.emit = emit
        self.ir = value

    @property
    def is_int(self) -> bool:
        """Return whether the value is an integer."""
        return bool(self.ir.type == INT)

    def _pair(self, other: Any) -> tuple[Any, Any]:
        return self.ir, self.emit.like(other, self)

    def _apply(self, integer: str, floating: str, other: Any, swap: bool = False) -> Value:
        left, right = self._pair(other)
        if swap:
            left, right = right, left
        build = getattr(self.emit.builder, integer if self.is_int else floating)
        return Value(self.emit, build(left, right))

    def __add__(self, other: Any) -> Value:
        return self._apply("add", "fadd", other)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Value:
        return self._apply("sub", "fsub", other)

    def __rsub__(self, other: Any) -> Value:
        return self._apply("sub", "fsub", other, swap=True)

    def __mul__(self, other: Any) -> Value:
        return self._apply("mul", "fmul", other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Value:
        return self._apply("sdiv", "fdiv", other)

    def __rtruediv__(self, other: Any) -> Value:
        return self._apply("sdiv", "fdiv", other, swap=True)

    def __lt__(self, other: Any) -> Value:
        return self._compare("<", other)

    def __le__(self, other: Any) -> Value:
        return self._compare("<=", other)

    def __gt__(self, other: Any) -> Value:
        return self._compare(">", other)

    def __ge__(self, other: Any) -> Value:
        return self._compare(">=", other)

    def _compare(self, sign: str, other: Any) -> Value:
        left, right = self._pair(other)
        builder = self.emit.builder
        # Unordered for floats, so that NaN counts as true: a kernel must not swallow it.
        return Value(self.emit, builder.icmp_signed(sign, left, right) if self.is_int else
                     builder.fcmp_unordered(sign, left, right))  # fmt: skip


class Variable:
    """Value that changes in loops, in a stack slot that LLVM turns into a register."""

    __slots__ = ("emit", "slot", "type")

    def __init__(self, emit: Emitter, value: Value) -> None:
        self.emit = emit
        self.type = value.ir.type
        with emit.builder.goto_entry_block():
            self.slot = emit.builder.alloca(self.type)
        self.set(value)

    def get(self) -> Value:
        """Return the current value."""
        return Value(self.emit, self.emit.builder.load(self.slot, typ=self.type))

    def set(self, value: Value) -> None:
        """Change the value."""
        self.emit.builder.store(value.ir, self.slot)

    def fma(self, a: Value, b: Value) -> None:
        """Add ``a * b`` to the variable."""
        self.set(self.emit.fma(a, b, self.get()))
