"""Reading and writing of local files, for uploads and downloads."""
