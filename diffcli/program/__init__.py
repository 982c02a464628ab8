"""Programs: the statements of a text, compiled to closures and run within limits.

Values of a program are Python's own numbers, texts and containers, objects of registered types
(`attributes.register`), and functions and classes that the program defines. What a program can do
with a value is what its type's table of attributes lists; operators are Python's.
"""
