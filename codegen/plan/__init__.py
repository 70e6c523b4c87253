"""What a tensor design becomes on a core: kernels and their scratch, lifetimes, arena offsets, patches."""
