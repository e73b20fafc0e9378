"""The rooms' borders: which folder may include which, and that every folder says what it is for."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROOMS = {"ir": {"ir"}, "frontend": {"frontend", "ir"}, "passes": {"passes", "ir"}, "codegen": {"codegen", "ir"}, "runtime": {"runtime"}}
# What code generation must know of the runtime: the layout of what it generates, and the runtime's own code to link.
RUNTIME_ABI = {"runtime/Descriptor.h", "runtime/weft.h", "runtime/bitcode/RuntimeBitcode.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
# Folders of data, and families of tests that the README above them speaks for.
NO_README = re.compile(r"(^|/)(build[^/]*|\.[^/]*|__pycache__|Inputs|corpus)(/|$)|^tests/e2e/")


def sources(room):
    for path in sorted((ROOT / room).rglob("*")):
        if path.suffix in (".h", ".hpp", ".cpp", ".c", ".td", ".def"):
            yield path


def includes():
    """(file, room, bracket, included text) of every include in the rooms."""
    for room in ROOMS:
        for path in sources(room):
            for bracket, name in INCLUDE.findall(path.read_text()):
                yield path, room, bracket, name


def resolve(path, name):
    """The file of the project that an include means, relative to its root, or None for others' headers."""
    for folder in (path.parent, ROOT, ROOT / "ir", *path.relative_to(ROOT).parents):
        found = (ROOT / folder / name).resolve()
        if found.is_file() and ROOT in found.parents:
            return found.relative_to(ROOT)
    return None


def folders():
    """Every folder that must say what it is for, relative to the root."""
    for path in sorted(ROOT.rglob("*")):
        name = path.relative_to(ROOT).as_posix()
        if not NO_README.search(name) and path.is_dir() and any(path.iterdir()):
            yield name


class Structure(unittest.TestCase):
    def test_rooms_include_in_one_direction(self):
        seen = 0
        for path, room, _, name in includes():
            target = resolve(path, name)
            if target is None or target.parts[0] not in ROOMS:
                continue
            seen += 1
            allowed = target.parts[0] in ROOMS[room] or (room == "codegen" and str(target) in RUNTIME_ABI)
            self.assertTrue(allowed, f"{path.relative_to(ROOT)} includes {target}: {room} may include {sorted(ROOMS[room])} only")
        self.assertGreater(seen, 0, "no include was recognised")

    def test_runtime_needs_no_compiler(self):
        for path, room, _, name in includes():
            if room == "runtime":
                self.assertNotRegex(name, r"^(llvm|mlir|lld|clang|Halide)", f"{path.relative_to(ROOT)} includes {name}")

    def test_halide_stays_in_codegen(self):
        for path, room, _, name in includes():
            if "Halide" in name and resolve(path, name) is None:
                self.assertEqual(room, "codegen", f"{path.relative_to(ROOT)} includes {name}")

    def test_one_name_one_type(self):
        """Two headers that define one name differently link without a word, and each destroys what the other made."""
        types, definition = {}, re.compile(r"^(?:namespace (\S+) \{|(?:struct|class|enum class|union) (\w+)(?: final)?(?: :.*)? \{)", re.M)
        for path in (header for room in ROOMS for header in sources(room) if header.suffix == ".h"):
            space = ""
            for entered, name in definition.findall(path.read_text()):
                space = entered or space
                if name:
                    types.setdefault(f"{space}::{name}", set()).add(path.relative_to(ROOT).as_posix())
        self.assertGreater(len(types), 50, "no type was recognised")
        for name, paths in types.items():
            with self.subTest(name=name):
                self.assertEqual(len(paths), 1, f"{name} is defined in {sorted(paths)}")

    def test_folders_say_what_they_are_for(self):
        known = list(folders())
        self.assertLessEqual({"docs", "examples/bert", "tests/unit", *ROOMS}, set(known), "folders were not found")
        for folder in known:
            with self.subTest(folder=folder):
                readme = ROOT / folder / "README.md"
                self.assertTrue(readme.exists(), f"{folder}/README.md is missing")
                self.assertLessEqual(len(readme.read_text().splitlines()), 40, f"{folder}/README.md")

    def test_no_machine_paths(self):
        for path, _, _, _ in includes():
            self.assertNotRegex(path.read_text(), r"/home/|/root/|/work/|/tmp/[a-z]", path.relative_to(ROOT))


if __name__ == "__main__":
    unittest.main(verbosity=2)
