"""From raw files to the panel: reading, harmonising, deriving, assembling; nothing is estimated and no file is written."""
