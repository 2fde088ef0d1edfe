"""Compilation of emitted kernels into functions that Python can call, through a cached object file."""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import importlib
import os
import platform
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from azuraforge.engine.errors import EngineError

binding: Any = importlib.import_module("llvmlite.binding")
ir: Any = importlib.import_module("llvmlite.ir")

from azuraforge.engine.backends.cpu.emit import Emitter  # noqa: E402
from azuraforge.engine.backends.cpu.kernels.fork import emit_task  # noqa: E402
from azuraforge.engine.backends.cpu.targets import AVX2, AVX512, PORTABLE, PORTABLE_FMA, Target  # noqa: E402

Kernel = Callable[..., None]


class Kernels(dict[str, Kernel]):
    """Compiled kernels by name.

    Attributes:
        signatures: name → one letter for each parameter: ``p`` address, ``i`` integer, ``f`` float.
        tasks: numbers of the kernels that work on a range, by which threads identify their task.
        shares: the same kernels, called with packed arguments, ``begin`` and ``end``; with twenty arguments, this takes
            half the time of passing each separately.
    """

    def __init__(self, signatures: dict[str, str]) -> None:
        super().__init__()
        self.signatures = signatures
        self.tasks: dict[str, int] = {}
        self.shares: dict[str, Callable[[bytes, int, int], None]] = {}


Definition = tuple[str, str, Callable[[Emitter], None]]  # name, parameters, body
_SHARE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
_CTYPES = {"p": ctypes.c_void_p, "i": ctypes.c_int64, "f": ctypes.c_float}


def host_target() -> Target:
    """Return the best target that this CPU runs."""
    machine = platform.machine().lower()
    if machine in ("x86_64", "amd64"):
        flags = binding.get_host_cpu_features()
        if all(flags.get(name) for name in ("avx512f", "avx512vl", "avx512dq", "avx512bw", "fma")):
            return AVX512
        return AVX2 if flags.get("avx2") and flags.get("fma") else PORTABLE
    return PORTABLE_FMA if machine in ("aarch64", "arm64") else PORTABLE


def choose_target(name: str | None) -> Target:
    """Return the target called ``name``, or the host's best one.

    Raises:
        EngineError: the name is unknown or this CPU does not have the instructions.
    """
    best = host_target()
    if name is None or name == best.name:
        return best
    allowed = {"avx512": (AVX512, AVX2, PORTABLE), "avx2": (AVX2, PORTABLE), "portable": (best,)}[best.name]
    for target in allowed:
        if target.name == name:
            return target
    known = ", ".join(repr(target.name) for target in allowed)
    raise EngineError(f"instruction set {name!r} is not available on this CPU: choose {known}")


def _machine(target: Target) -> Any:
    triple = binding.get_process_triple()
    native = binding.Target.from_triple(triple)
    if target is AVX512:
        return native.create_target_machine(
            cpu=binding.get_host_cpu_name(), features=binding.get_host_cpu_features().flatten(), opt=3, reloc="pic"
        )
    cpu = {"avx2": "x86-64-v3"}.get(target.name, "" if target is PORTABLE_FMA else "x86-64")
    return native.create_target_machine(cpu=cpu, features="", opt=3, reloc="pic")


def emit_module(target: Target, definitions: Sequence[Definition]) -> tuple[Any, dict[str, str]]:
    """Emit all kernels into one module; return it with each kernel's signature."""
    module = ir.Module("azuraforge_kernels")
    module.triple = binding.get_process_triple()
    signatures = {}
    for name, parameters, body in definitions:
        emitter = Emitter(module, name, parameters, target)
        body(emitter)
        emitter.finish()
        signatures[name] = emitter.signature
        if _shared(parameters):
            emit_task(module, name, emitter.signature)
    return module, signatures


def compile_object(target: Target, module: Any) -> bytes:
    """Turn a module into the bytes of an object file for this target."""
    machine = _machine(target)
    parsed = binding.parse_assembly(str(module))
    parsed.verify()
    options = binding.create_pipeline_tuning_options(speed_level=2)
    options.loop_vectorization = False  # the vectors are written by hand
    options.slp_vectorization = False
    options.loop_unrolling = False
    builder = binding.create_pass_builder(machine, options)
    builder.getModulePassManager().run(parsed, builder)
    return bytes(machine.emit_object(parsed))


def _shared(parameters: str) -> bool:
    """Return whether a kernel works on a range of items, so that threads can share it."""
    return parameters.split()[-2:] == ["begin", "end"]


def load(target: Target, definitions: Sequence[Definition], signatures: dict[str, str], code: bytes) -> Kernels:
    """Link an object file into this process and return its kernels; calling a kernel releases the GIL.

    Raises:
        EngineError: a kernel is missing from the object file.
    """
    machine = _machine(target)
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
    engine.add_object_file(binding.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _keep_alive.append(engine)
    kernels = Kernels(signatures)
    for name, parameters, _ in definitions:
        prototype = ctypes.CFUNCTYPE(None, *[_CTYPES[kind] for kind in signatures[name]])
        address = engine.get_function_address(name)
        if not address:
            raise EngineError(f"kernel {name} is missing from the compiled code")
        kernels[name] = prototype(address)
        if _shared(parameters):
            kernels.tasks[name] = len(kernels.tasks)
            kernels.shares[name] = _SHARE(engine.get_function_address(f"task_{name}"))
    return kernels


_keep_alive: list[Any] = []  # the code lives as long as its engine


def initialize() -> None:
    """Prepare LLVM for this machine, once."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()


def _sources() -> bytes:
    return hashlib.sha256(b"".join(one.read_bytes() for one in sorted(Path(__file__).parent.rglob("*.py")))).digest()


# Read when this process loads the code: a file that changes later would put old kernels under the new sources' name.
_SOURCES = _sources()


def cache_key(target: Target) -> str:
    """Return the key of a cached object: a hash of this package's sources, the CPU and the version of LLVM."""
    digest = hashlib.sha256(_SOURCES)
    cpu = (binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()) if target is AVX512 else ()
    digest.update(repr((target, cpu, binding.llvm_version_info, binding.get_process_triple())).encode())
    return digest.hexdigest()[:32]


def cache_folder() -> Path:
    """Return the folder of compiled kernels: ``$AZURAFORGE_KERNEL_CACHE``, or by default the user's cache folder."""
    chosen = os.environ.get("AZURAFORGE_KERNEL_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "azuraforge" / "kernels"


def build(
    target: Target, definitions: Sequence[Definition], folder: Path, progress: Callable[[str], None] | None = None
) -> Kernels:
    """Return the kernels for a target, from the cache or compiled and then cached.

    Only one process compiles at a time; others wait for it. If the cache is read-only, cached kernels are still used;
    missing ones are compiled without waiting for other processes, and are not cached.
    """
    initialize()
    path = folder / f"{target.name}-{cache_key(target)}.o"
    # The signatures come from the definitions and need no emitted code.
    signatures = {
        name: "".join({"*": "p", ".": "f"}.get(word[0], "i") for word in words.split())
        for name, words, _ in definitions
    }
    code = _read(path)
    if code is None:
        with _locked(folder):
            code = _read(path)
            if code is None:
                if progress is not None:
                    progress(f"compiling {len(definitions)} kernels for {target.name}")
                code = compile_object(target, emit_module(target, definitions)[0])
                if _sources() == _SOURCES:
                    _write(path, code)
                if progress is not None:
                    progress(f"compiled {len(definitions)} kernels, {len(code) // 1024} KiB")
    return load(target, definitions, signatures, code)


def _read(path: Path) -> bytes | None:
    """Return a cached object file; None if it is missing or damaged, or if another user could have written it."""
    try:
        status = path.stat()
        if status.st_uid != os.getuid() or status.st_mode & 0o022:
            return None
        content = path.read_bytes()
    except OSError:
        return None
    code, digest = content[:-32], content[-32:]
    return code if hashlib.sha256(code).digest() == digest else None


def _write(path: Path, code: bytes) -> None:
    try:
        handle, temporary = tempfile.mkstemp(prefix=".kernels.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(code + hashlib.sha256(code).digest())
            os.replace(temporary, path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
    except OSError:
        return


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    except OSError:
        yield
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
