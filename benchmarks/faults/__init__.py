"""What the storm is made of: runs whose every step counts, platforms to be hurt, faults, and a checker."""
