"""How fast the render is, beside a plain hand-written program."""
