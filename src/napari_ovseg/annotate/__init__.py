"""The correction logic, numpy only: a model proposes, a person decides."""
