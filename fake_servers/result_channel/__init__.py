"""The control plane that agents of the result channel talk to: its rules in ``envelope``, ``ledger`` and ``hello``, WebSocket in
``socket``, HTTP in ``exchange``. What a play does with it stands in ``app``."""
