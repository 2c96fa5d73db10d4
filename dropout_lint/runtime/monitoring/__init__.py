"""The monitor: active dropout is seen, judged and worded; contexts that switch modes and put every flag back."""
