"""The audit log once its rows are written (journal.py): sealed, sent to anchors, checked, copied out."""
