"""One file per picture: documents in, lines of text out. No IO."""
