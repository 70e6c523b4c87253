// Self-checking testbench of golden: prints "PASS" and the number of vectors,
// or the first vector that fails and how many do.
//
//   iverilog -g2001 -Wall -o golden_tb.vvp golden_tb.v golden.v
//   vvp golden_tb.vvp
//
// golden_vectors.hex must be in the folder in which vvp runs. A vector holds, from the highest bit,
// age, weight_of_the_thing
// and the expected class_index.

module golden_tb;

  parameter N_VECTORS = 3;

  reg [9:0] vectors [0:N_VECTORS - 1];
  reg [9:0] vector;
  wire [1:0] found;
  integer index, n_failures;

  golden dut (
    .age(vector[9:6]),
    .weight_of_the_thing(vector[5:2]),
    .class_index(found[1:0])
  );

  initial begin
    $readmemh("golden_vectors.hex", vectors);
    n_failures = 0;
    for (index = 0; index < N_VECTORS; index = index + 1) begin
      vector = vectors[index];
      #1;
      // A vector that is missing in the file is unknown (x) and must not pass.
      if (^vector === 1'bx || found !== vector[1:0]) begin
        n_failures = n_failures + 1;
        if (n_failures == 1) begin
          $display("FAIL vector %0d", index);
          $display("  age = %0d", vector[9:6]);
          $display("  weight_of_the_thing = %0d", vector[5:2]);
          $display("  class_index: expected %0d, found %0d", vector[1:0], found[1:0]);
        end
      end
    end
    if (n_failures == 0)
      $display("PASS %0d", N_VECTORS);
    else
      $display("FAIL %0d of %0d", n_failures, N_VECTORS);
    $finish;
  end

endmodule
