// Behavioural models of the egfet cells.

module INVX1 (output Y, input A);
  assign Y = ~A;
endmodule

module NAND2X1 (output Y, input A1, input A2);
  assign Y = ~(A1 & A2);
endmodule

module NOR2X1 (output Y, input A1, input A2);
  assign Y = ~(A1 | A2);
endmodule

module AND2X1 (output Y, input A1, input A2);
  assign Y = A1 & A2;
endmodule

module OR2X1 (output Y, input A1, input A2);
  assign Y = A1 | A2;
endmodule

module XOR2X1 (output Y, input A1, input A2);
  assign Y = A1 ^ A2;
endmodule

module XNOR2X1 (output Y, input A1, input A2);
  assign Y = ~(A1 ^ A2);
endmodule
