"""A look without an account: who holds a contact on file sees the stage of a case and whom to call, for 15 minutes."""
