"""The Models page: an overview of the networks, and a card of one."""
