"""Which functions are worth analysing: places where a mode matters, what reaches them, and what makes a module at all.

By the words in the text, across files, so that what does not matter is never parsed.
"""
