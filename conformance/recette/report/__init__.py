"""The report: a terminal view, a JSON document and one self-contained HTML page."""
