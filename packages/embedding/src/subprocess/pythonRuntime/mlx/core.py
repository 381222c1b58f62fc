"""A stand-in for MLX's arrays: NumPy's, which do all that tools/embed_mlx.py asks of them."""

from numpy import arange, array, float32

__all__ = ["arange", "array", "float32"]
