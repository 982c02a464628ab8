"""Text -> syntax tree with spans. `parser.parse_expression` is the way in."""
