"""What a network costs as firmware on a microcontroller."""

from hwmodels.mcu.board import Board, board_text, load_board, shipped_boards
from hwmodels.mcu.model import McuModel

__all__ = ["Board", "McuModel", "board_text", "load_board", "shipped_boards"]
