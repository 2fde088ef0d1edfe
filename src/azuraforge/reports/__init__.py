"""Reports of runs as Markdown, HTML or PDF with embedded figures. Child processes write them."""
