"""Write the generated modules of the Python client (make reference)."""

from tools.client import GENERATED, generated

for name, text in generated().items():
    (GENERATED / name).write_text(text)
