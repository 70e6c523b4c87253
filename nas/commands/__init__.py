"""What the commands do, one module for each group; `nas.cli` imports them when a command runs."""
