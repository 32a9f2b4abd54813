"""Making observations of different files comparable: place names, units of measure, vintages; nothing is read here."""
