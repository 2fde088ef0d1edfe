"""The only error class of the engine, and the format of shapes in its messages."""


class EngineError(ValueError):
    """Error for a value, shape, dtype or file that the engine cannot process.

    The message names the layer or op, what it expects and what it got, for example
    ``Linear expects (…, 8), got (32, 60, 7)``.
    """


def shape_text(shape: tuple[int | str, ...]) -> str:
    """Return a shape as messages show it: ``(32, 60, 7)``, ``()`` for a scalar."""
    if len(shape) == 1:
        return f"({shape[0]},)"
    return "(" + ", ".join(str(size) for size in shape) + ")"
