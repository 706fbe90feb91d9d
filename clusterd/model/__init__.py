"""The nouns everybody shares: frozen types without behaviour that could surprise."""
