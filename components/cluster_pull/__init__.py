"""Pull access of clusters: what is declared in them, and the program that keeps a pull secret fresh."""
