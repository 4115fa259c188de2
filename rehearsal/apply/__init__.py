"""The program, run once more to build what it declares in the local cloud."""
