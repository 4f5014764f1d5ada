"""What was known at a moment: features declared once, evaluated under one time law."""
