# Configuration of the lit suites; build paths come from lit.site.cfg.py.
import os
import shutil

import lit.formats

config.name = "quantc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".onnxtxt", ".test"]
config.excludes = ["Inputs", "unit", "models", "tools", "conformance", "integration"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.quantc_obj_root, "test")

config.environment["PATH"] = os.pathsep.join(
    [config.quantc_bin_dir, config.llvm_tools_dir, os.environ["PATH"]]
)
config.environment["FILECHECK_OPTS"] = "--enable-var-scope"

python = shutil.which("python3")
tools = os.path.join(config.test_source_root, "tools")
# From vectors and scf to the LLVM dialect, with the dots in instructions.
to_llvm = ",".join(
    ["qt-lower-dot", "canonicalize", "convert-scf-to-cf", "convert-vector-to-llvm", "convert-math-to-llvm"]
    + [f"convert-{name}-to-llvm" for name in ("arith", "index", "cf", "func")]
    + ["reconcile-unrealized-casts"]
)
config.substitutions += [
    ("%to_llvm", f"--pass-pipeline='builtin.module({to_llvm})'"),
    ("%python", python),
    # %onnxtext IN OUT: ONNX's text form to a file.
    ("%onnxtext", f"{python} {tools}/onnxtext.py"),
    ("%quantc_library", os.path.join(config.quantc_obj_root, "lib", "libquantc.so")),
    ("%models", os.path.join(config.test_source_root, "models")),
]
