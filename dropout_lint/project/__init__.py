"""Many files by path and text, none of them parsed: where an import leads, who imports a file, what code mentions.

`symbols` is the symbol table of one text, `symbol_links` follows it through imports, and `call_graph` says which
code may reach which. All three over-approximate: a method counts as soon as its name is mentioned. What an answer
depends on is recorded in `dependencies`, for the cache.
"""
