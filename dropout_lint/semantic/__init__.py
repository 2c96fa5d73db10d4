"""What code means: names, constants, classes, parameters that are the same in every call, guards that test the
mode.

Each module answers for one file and keeps what it found as an extension of it: `names_of(source)`,
`constants_of(source)`, `classes_of(source)`, `guards_of(source)`. Answers are None, or silent, wherever the code
leaves a doubt.
"""
