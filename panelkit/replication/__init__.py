"""From a finished run to a package that verifies itself, and from a printed number back to raw cells; it estimates and renders nothing."""
