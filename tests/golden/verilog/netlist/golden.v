// golden: a netlist of gates over 2 features, 2 classes
// Verilog-2001, combinational. Network sha256: 9d574218ab84027c67b02356a35590e3ce6a49143247f0b8cb478be8f99ffca4
//
// Each input is the integer code of a raw feature x, in float32 arithmetic:
//   code = floor((x - lo) * scale), limited to 0 .. 2**bits - 1; NaN gives the lowest code
//   and 2**(bits - 1) subtracted where the input is signed
//
//   input  bits  lo    hi   scale  feature
//   a      2     -1.0  1.0  2.0    "a"
//   b      1     0.0   1.0  2.0    "b"
//
// class_index is the number of the answer:
//   0: "class 0"
//   1: "class 1"

module golden (
  input signed [1:0] a,
  input b,
  output class_index
);

  // gates
  wire n0 = a[0] ^ b;
  wire n1 = ~(a[1] & b);
  wire n2 = ~n1;
  wire n3 = n0 | n2;

  // outputs, highest bit first
  assign class_index = n3;

endmodule
