"""A key made at random, and a search for it wherever it could have gone."""
