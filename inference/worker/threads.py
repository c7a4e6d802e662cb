"""How many threads NumPy computes with."""

from typing import Final

THREAD_VARIABLES: Final = dict.fromkeys(("OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1")
"""Environment variables for a process that has not imported NumPy yet.

One thread, because a product of matrices ends in other last bits when its rows are shared out to threads: so the same
sound gives the same bytes on two cores and on eight. The network in NumPy is so small that it hardly loses by that.
Only NumPy's variables: PyTorch uses those of OpenMP and MKL, and its networks can use every core.
"""
