"""Where a handler stands: the line of its `def`, below its decorators and behind what is wrapped around it."""

import ast
import functools
import inspect
from pathlib import Path


def unwrapped(function):
    """The function that was written, behind partials, methods and `functools.wraps`."""
    while True:
        if isinstance(function, functools.partial):
            function = function.func
            continue
        inner = inspect.unwrap(function)
        inner = getattr(inner, "__func__", inner)
        if inner is function:
            return function
        function = inner


@functools.lru_cache(maxsize=None)
def definitions(file: str) -> dict:
    """Lines of `def` by the line at which Python says that a function begins: that of its first decorator."""
    lines = {}
    for node in ast.walk(ast.parse(Path(file).read_bytes())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            lines[first] = node.lineno
    return lines


def place(function, root: Path):
    """File below the root, line and name; nothing where the handler is not the application's own."""
    code = getattr(unwrapped(function), "__code__", None)
    if code is None:
        return None
    file = Path(code.co_filename).resolve()
    if not file.is_relative_to(root.resolve()):
        return None
    line = definitions(str(file)).get(code.co_firstlineno, code.co_firstlineno)
    return {"file": file.relative_to(root.resolve()).as_posix(), "line": line, "function": code.co_name}
