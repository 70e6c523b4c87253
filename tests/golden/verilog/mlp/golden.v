// golden: a bespoke multilayer perceptron 2-2-3, 3 classes
// Verilog-2001, combinational. Network sha256: 27316efb8fea2f372acb8ba1897d74eea842bf74e7b81283003c6d56e8660886
//
// Each input is the integer code of a raw feature x, in float32 arithmetic:
//   code = floor((x - lo) * scale), limited to 0 .. 2**bits - 1; NaN gives the lowest code
//
//   input                bits  lo    hi    scale              feature
//   age                  4     -0.5  7.25  2.064516067504883  "age"
//   weight_of_the_thing  4     -0.5  7.25  2.064516067504883  "weight of */ the 'thing'"
//
// class_index is the number of the answer:
//   0: "no"
//   1: "a \"b\"\\"
//   2: "gr\u00f6\u00dfe"

module golden (
  input [3:0] age,
  input [3:0] weight_of_the_thing,
  output [1:0] class_index
);

  // layer 0, neuron 0: 5 + 4*(age & 6) - weight_of_the_thing, in -10..29
  wire [4:0] sum0_0_plus = {age[2:1], 3'd0} + 3'd5;
  wire signed [5:0] sum0_0 = sum0_0_plus - weight_of_the_thing;
  wire [2:0] act0_0 = sum0_0[5] ? 3'd0 : sum0_0[4:2];

  // layer 0, neuron 1: -3 + age + 8*weight_of_the_thing, in -3..132
  wire [7:0] sum0_1_plus = age + {weight_of_the_thing, 3'd0};
  wire signed [8:0] sum0_1 = sum0_1_plus - 2'd3;
  wire [3:0] act0_1 = sum0_1[8] ? 4'd0 : |sum0_1[7:6] ? 4'd15 : sum0_1[5:2];

  // score0 = 2*act0_0
  wire signed [4:0] score0 = {act0_0, 1'd0};

  // score1 = -4 - act0_0 + 2*(act0_1 & 9)
  wire [3:0] score1_minus = act0_0 + 3'd4;
  wire signed [4:0] score1 = {act0_1 & 4'b1001, 1'd0} - score1_minus;

  // score2 = 7 + act0_1 + 4*act0_1
  wire signed [7:0] score2 = act0_1 + ({act0_1, 2'd0} + 3'd7);

  // argmax: the right one wins only where it is larger
  wire wins0 = score1 > score0;
  wire signed [4:0] best0 = wins0 ? score1 : score0;
  wire [1:0] index0 = wins0 ? 2'd1 : 2'd0;
  wire wins1 = score2 > best0;
  assign class_index = wins1 ? 2'd2 : index0;

endmodule
