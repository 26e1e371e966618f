"""Write the generated modules of the Python client (make reference)."""

from tools.client import PACKAGE, generated, openapi

for name, text in generated(openapi()).items():
    (PACKAGE / name).write_text(text)
