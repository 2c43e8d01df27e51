"""The built-in small model: its weights, the scenes it learnt from, and its training."""
