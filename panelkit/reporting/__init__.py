"""From results to exhibits and the page: tables, figures, output formats; it estimates nothing and reads no raw file."""
