"""Search algorithms, one a file, behind one ask and tell protocol."""
