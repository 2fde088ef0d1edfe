"""A run's report: one Markdown document with figures, as Markdown, a single HTML file or a PDF. Written in children."""
