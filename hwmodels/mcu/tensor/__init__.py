"""What int8 tensor networks cost as firmware, from their structure alone."""

from hwmodels.mcu.tensor.coefficients import TensorCoefficients, load_tensor_coefficients
from hwmodels.mcu.tensor.cost import LayerCost, TensorCost, tensor_cost

__all__ = ["LayerCost", "TensorCoefficients", "TensorCost", "load_tensor_coefficients", "tensor_cost"]
