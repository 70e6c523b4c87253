// golden: a decision tree of 3 nodes over 2 features, 1 value(s)
// Verilog-2001, combinational. Network sha256: 57e7d8c0ab419c963f6bde4a59aec1d775b1ea04447f4a0ed3c75d6becdded04
//
// Each input is the integer code of a raw feature x, in float32 arithmetic:
//   code = floor((x - lo) * scale), limited to 0 .. 2**bits - 1; NaN gives the lowest code
//
//   input                bits  lo    hi    scale              feature
//   age                  4     -0.5  7.25  2.064516067504883  "age"
//   weight_of_the_thing  4     -0.5  7.25  2.064516067504883  "weight of */ the 'thing'"
//
// Each output is an integer in two's complement:
//   "y" = y * 0.5 + 1.0

module golden (
  input [3:0] age,
  input [3:0] weight_of_the_thing,
  output signed [9:0] y
);

  // comparisons
  wire test0 = age[3:2] <= 2'd1;
  wire test1 = age[3:1] <= weight_of_the_thing[3:1];
  wire test2 = weight_of_the_thing <= 4'd9;

  // nodes, the root last
  wire signed [9:0] node2 = test2 ? -10'sd20 : 10'sd300;
  wire signed [9:0] node1 = test1 ? 10'sd10 : node2;
  wire signed [9:0] node0 = test0 ? node1 : node2;
  assign y = node0;

endmodule
