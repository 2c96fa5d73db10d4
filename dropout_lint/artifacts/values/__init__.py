"""What readers of exported files report: evidence of a layer's mode, and the operators that drop."""
