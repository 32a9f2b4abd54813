"""The nouns of panelkit as plain frozen data, with the expression and formula grammars; no file, engine or page is touched here."""
