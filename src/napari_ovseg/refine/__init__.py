"""Sharper maps and borders from the image itself, torch only: PAMR and edge snapping."""
