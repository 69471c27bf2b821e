"""What the user asks for: a space file read into a `SweepSpec`, mistakes as FILE:LINE: field: reason."""
