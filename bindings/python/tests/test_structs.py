"""The structs and functions of the package are those of the headers."""

import ctypes
import re
import subprocess
from pathlib import Path

from actz import _native, _structs

HEADERS = Path(__file__).resolve().parents[2] / "c" / "include"


def layouts() -> list[tuple[str, str, int]]:
    out = []
    for struct, name in _structs.C_NAMES.items():
        out.append((name, "sizeof(%s)" % name, ctypes.sizeof(struct)))
        for field, *_ in struct._fields_:
            out.append((name, "offsetof(%s, %s)" % (name, field), getattr(struct, field).offset))
            out.append((name, "sizeof(((%s *)0)->%s)" % (name, field), getattr(struct, field).size))
    return out


def test_layouts_are_what_a_compiler_makes_of_the_headers(tmp_path):
    source = tmp_path / "layouts.c"
    expressions = [expression for _, expression, _ in layouts()]
    prints = "\n".join(f'  printf("%zu\\n", (size_t){expression});' for expression in expressions)
    source.write_text(f"#include <stdio.h>\n#include <actz/actz.h>\nint main(void) {{\n{prints}\n  return 0;\n}}\n")
    program = tmp_path / "layouts"
    subprocess.run(["cc", "-std=c99", f"-I{HEADERS}", str(source), "-o", str(program)], check=True)
    answers = [int(line) for line in subprocess.run([program], capture_output=True, text=True).stdout.split()]
    assert dict(zip(expressions, answers)) == {expression: mine for _, expression, mine in layouts()}
    assert len(answers) > 100


def test_every_struct_and_member_of_the_headers_is_here():
    text = re.sub(r"/\*.*?\*/", "", "".join(path.read_text() for path in HEADERS.rglob("*.h")), flags=re.S)
    structs = {name: body for body, name in re.findall(r"typedef struct \w+ \{(.*?)\} (\w+);", text, flags=re.S)}
    mine = {name: [field for field, *_ in struct._fields_] for struct, name in _structs.C_NAMES.items()}
    without = {"actz_allocator", "actz_element_source"}  # not needed from Python
    assert set(structs) - without == set(mine)
    for name, fields in mine.items():
        members = re.findall(r"(?:\(\*)?\b(\w+)\)?(?:\[\w+\])?(?:\([^;]*\))?;", structs[name])
        assert members == fields, name


def test_declared_functions_take_as_many_arguments_as_in_the_headers():
    text = re.sub(r"/\*.*?\*/", "", "".join(path.read_text() for path in HEADERS.rglob("*.h")), flags=re.S)
    declared = {name: arguments for name, arguments in re.findall(r"\b(actz_\w+)\(([^;{]*)\);", text)}
    for name, parameters in _native._CHECKED.items():
        assert len(declared[name].split(",")) == len(parameters) + 1, name  # and the error
    for name, (_, parameters) in _native._PLAIN.items():
        wanted = declared[name].strip()
        assert (0 if wanted == "void" else len(wanted.split(","))) == len(parameters), name
