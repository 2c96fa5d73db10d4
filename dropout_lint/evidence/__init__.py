"""What a watched run says of static findings: its report is read, and confirms, refutes, or does not reach them."""
