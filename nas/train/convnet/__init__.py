"""Training of tensor graphs by gradient: torch modules, quantization-aware fine-tuning, int8 networks."""
