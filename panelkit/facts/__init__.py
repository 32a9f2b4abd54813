"""Policy and geography of China as shipped tables, and functions that answer from them; no estimation and no raw data."""
