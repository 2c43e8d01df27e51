"""What formats of label maps have in common, whichever way they go."""
