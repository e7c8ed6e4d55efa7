"""Session swaps in live traffic: one visitor's cookie handed to another."""
