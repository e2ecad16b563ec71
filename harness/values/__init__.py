"""Plain values that everything else is written in terms of. Standard library only; nothing here acts."""
