"""Tables about payments."""
