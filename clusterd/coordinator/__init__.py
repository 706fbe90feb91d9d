"""Plans, gives orders, watches, plans again: the work of the elected node."""
