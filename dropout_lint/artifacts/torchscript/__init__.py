"""TorchScript code, followed with the mode as stored and as `eval()` would leave it."""
