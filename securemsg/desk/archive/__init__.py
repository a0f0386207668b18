"""Archives of the database: made, put back, tried out; and the ledger of what must not come back with them."""
