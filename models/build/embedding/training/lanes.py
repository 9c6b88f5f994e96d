"""Work side by side on a CPU: a few threads, each on one core, get more done than every operation spread over all cores."""

from concurrent.futures import ThreadPoolExecutor

import torch


def pool() -> ThreadPoolExecutor:
    """As many threads as torch was told to use, each of which computes on one core."""
    return ThreadPoolExecutor(torch.get_num_threads(), initializer=torch.set_num_threads, initargs=(1,))
