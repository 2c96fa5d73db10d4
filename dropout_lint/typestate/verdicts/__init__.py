"""Which recorded events are misuse, the words and the fix for it, and the base class of the rules about modes."""
