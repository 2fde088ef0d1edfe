"""Growing datasets: rows are added to a stored version, which creates the next one."""
