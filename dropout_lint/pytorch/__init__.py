"""What torch code does, for several rules: calls that drop, registration of modules, overrides of `train`, inference
paths.
"""
