"""The correction logic, numpy only: a model proposes, the merge decides."""
